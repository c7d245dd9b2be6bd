"""A page as a person sees it: what stands there, what can be pressed, and the phones of the simulator."""

from collections.abc import Callable
from typing import Any

from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

# Which key gives a letter, after how many taps.
TAPS = {
    letter: (key, taps)
    for key, letters in {
        "2": "abc",
        "3": "def",
        "4": "ghi",
        "5": "jkl",
        "6": "mno",
        "7": "pqrs",
        "8": "tuv",
        "9": "wxyz",
    }.items()
    for taps, letter in enumerate(letters, 1)
}


class Page:
    """One tab of a browser."""

    def __init__(self, driver: WebDriver, site: str) -> None:
        self.driver = driver
        self.site = site
        self._excused: list[str] = []

    def open(self, path: str) -> None:
        self.driver.get(self.site + path)

    def one(self, selector: str) -> WebElement:
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector: str) -> list[WebElement]:
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def text(self) -> str:
        return self.one("body").text

    def run(self, script: str, *given: object) -> Any:
        return self.driver.execute_script(script, *given)

    def resize(self, width: int, height: int) -> None:
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600},
        )

    def overflow(self) -> int:
        """By how many pixels one has to scroll sideways to see it all."""
        return int(self.run("return document.documentElement.scrollWidth - innerWidth"))

    def excuse(self, words: str) -> None:
        """Expect a complaint with these words in it: the test provokes it."""
        self._excused.append(words)

    def complaints(self) -> list[str]:
        """What Chromium has written to the console, without what the test provoked."""
        said = [entry["message"] for entry in self.driver.get_log("browser")]
        return [line for line in said if not any(words in line for words in self._excused)]

    def wait(self, until: Callable[[], object], seconds: float = 8) -> None:
        replaced = (StaleElementReferenceException,)  # the page was loaded anew under our eyes: look again
        waits = WebDriverWait(self.driver, seconds, poll_frequency=0.05, ignored_exceptions=replaced)
        waits.until(lambda _driver: until())


class Phones:
    """The simulator's two phones."""

    def __init__(self, page: Page) -> None:
        self.page = page
        page.open("/simulator")
        page.wait(lambda: page.one("#lcd-title").text == "SMS")

    def show(self, channel: str) -> None:
        self.page.one(f'[data-show="{channel}"]').click()

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.one(f'[data-key="{key}"]').click()

    def hold(self, key: str) -> None:
        button = self.page.one(f'[data-key="{key}"]')
        ActionChains(self.page.driver).click_and_hold(button).pause(0.7).release().perform()

    def tap(self, word: str) -> None:
        """Write a word with the letters of the keys, waiting where two of them are on the same key."""
        before = ""
        for letter in word:
            key, taps = TAPS[letter]
            if key == before:
                ActionChains(self.page.driver).pause(1.0).perform()
            self.tap_again(key, taps)
            before = key

    def tap_again(self, key: str, times: int) -> None:
        """Tap a key several times in a row, faster than any driver clicks on a busy machine."""
        script = "for (let tap = 0; tap < arguments[1]; tap += 1) arguments[0].click()"
        self.page.run(script, self.page.one(f'[data-key="{key}"]'), times)

    def keyboard(self, text: str) -> None:
        """Type on the computer's keyboard, wherever the focus is."""
        ActionChains(self.page.driver).send_keys(text).perform()

    def field(self, name: str = "sms") -> str:
        return str(self.page.one(f"#{name}-field").get_attribute("value"))

    def heard(self, thread: str = "sms") -> list[str]:
        """What the bot has said in a thread."""
        return [str(item.get_property("textContent")) for item in self.page.all(f"#{thread}-thread .theirs p")]

    def hears(self, words: str, thread: str = "sms") -> None:
        """Wait until the bot has said the words since our last message."""
        answers = f"#{thread}-thread .mine:not(:has(~ .mine)) ~ .theirs"
        self.page.wait(lambda: any(words in answer.text for answer in self.page.all(answers)))

    def chats(self, text: str) -> None:
        self.page.one("#chat-field").send_keys(text, Keys.ENTER)

    def screen(self) -> str:
        return self.page.one("#ussd-text").text

    def sees(self, words: str) -> None:
        """Wait until the USSD screen holds the words."""
        self.page.wait(lambda: words in self.screen())

    def meter(self) -> list[str]:
        return self.page.one("#meter").text.split("\n")

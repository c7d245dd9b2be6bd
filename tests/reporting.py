"""The provider made for tests, in a process of its own, which also reports what became of every message it took.

python -m tests.reporting --at-url http://127.0.0.1:8000/webhooks/africastalking/delivery/TOKEN    # prints its port
"""

import argparse
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from urllib.error import URLError

from tests.doubles import ProviderDouble
from tests.receipts import Callback, africastalking_receipt, twilio_receipt

PATIENCE = 20


class Reporting(ProviderDouble):
    """Sends two receipts for each message, in the wrong order and the last one twice, as providers do on a bad day."""

    def __init__(self, port: int, at_url: str) -> None:
        super().__init__(port)
        self._at_url = at_url
        self._reports = ThreadPoolExecutor(4)

    def accept(
        self, provider: str, to: str, text: str, sender: str = "", callback: str = "", media: str = "", **more: str
    ) -> str:
        """Record a message, and report it a little later."""
        name = super().accept(provider, to, text, sender, callback, media, **more)
        message = self.messages[-1]
        if provider == "twilio" and callback:
            self._report(*[twilio_receipt(message, status) for status in ("delivered", "sent", "delivered")])
        elif provider == "africastalking" and self._at_url:
            self._report(
                *[africastalking_receipt(message, each, self._at_url) for each in ("Success", "Sent", "Success")]
            )
        return name

    def _report(self, *callbacks: Callback) -> None:
        for callback in callbacks:
            self._reports.submit(_post, callback)


def _post(callback: Callback) -> None:
    with suppress(URLError, OSError):  # ours may be down, as the test wants it
        callback.post()


def main() -> None:
    """Serve in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--at-url", default="")
    asked = parser.parse_args()
    double = Reporting(asked.port, asked.at_url)
    print(double.port, flush=True)
    double.run()


if __name__ == "__main__":
    main()

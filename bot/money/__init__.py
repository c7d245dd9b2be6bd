"""What messages cost: prices and budgets read from files, what was spent added up from rows, and who has spent enough."""

from bot.money.budgets import Budgets as Budgets, Limits as Limits
from bot.money.entries import WrongMoney as WrongMoney
from bot.money.ledger import Ledger as Ledger, roll_up as roll_up
from bot.money.prices import NO_PRICES as NO_PRICES, Paid as Paid, Prices as Prices, ringgit as ringgit

"""What is for sale. Prices live here and nowhere else: no form, no address and no cookie holds one."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Item:
    """One thing on the shelf. ``price`` is in yen, tax included; names fit Epsilon's 64 bytes with a quantity.

    A ``mission_code`` above 1 makes it a monthly plan, whose price is that of a month. ``prices`` are those in other
    currencies, in whole units, for the method that takes them.
    """

    item_code: str
    ja: str
    en: str
    note_ja: str
    note_en: str
    price: int
    picture: str
    mission_code: int = 1
    prices: dict[str, int] = field(default_factory=dict)

    def price_in(self, currency_id: str) -> int | None:
        """Return the price in whole units of a currency, if it is sold for it."""
        return self.price if currency_id == "JPY" else self.prices.get(currency_id)

    def name(self, language: str, quantity: int = 1) -> str:
        """Return the name in ``ja`` or ``en``, with the quantity where it is more than one."""
        name = self.ja if language == "ja" else self.en
        return f"{name} × {quantity}" if quantity > 1 else name


ITEMS = {
    item.item_code: item
    for item in (
        Item(
            "apple",
            "ふじりんご 3個",
            "Fuji apples (3)",
            "蜜入り、青森から",
            "Honeyed, Aomori",
            980,
            "apple.svg",
            prices={"KRW": 9_200},
        ),
        Item(
            "mikan",
            "みかん 1kg",
            "Mandarins (1 kg)",
            "こたつのおともに",
            "For winter evenings",
            1_280,
            "mikan.svg",
            prices={"KRW": 12_000},
        ),
        Item(
            "sencha",
            "煎茶 100g",
            "Sencha (100 g)",
            "やぶきた、深蒸し",
            "Yabukita leaves",
            1_620,
            "sencha.svg",
            prices={"KRW": 15_200},
        ),
        Item(
            "kettle",
            "南部鉄瓶",
            "Nambu iron kettle",
            "お湯がまろやかに",
            "Makes water mellow",
            38_000,
            "kettle.svg",
            prices={"KRW": 356_000},
        ),
        # Joining month full, leaving month pro rata.
        Item(
            "teabox", "お茶の定期便", "Tea every month", "毎月、旬の茶葉を", "Leaves in season", 1_980, "teabox.svg", 4
        ),
    )
}
MAX_QUANTITY = 99

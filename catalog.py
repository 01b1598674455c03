"""What is for sale. Prices live here and nowhere else: no form, no address and no cookie holds one."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Item:
    """One thing on the shelf. ``price`` is in yen, tax included; names fit Epsilon's 64 bytes with a quantity."""

    item_code: str
    ja: str
    en: str
    note_ja: str
    note_en: str
    price: int
    picture: str

    def name(self, language: str, quantity: int = 1) -> str:
        """Return the name in ``ja`` or ``en``, with the quantity where it is more than one."""
        name = self.ja if language == "ja" else self.en
        return f"{name} × {quantity}" if quantity > 1 else name


ITEMS = {
    item.item_code: item
    for item in (
        Item("apple", "ふじりんご 3個", "Fuji apples (3)", "蜜入り、青森から", "Honeyed, Aomori", 980, "apple.svg"),
        Item("mikan", "みかん 1kg", "Mandarins (1 kg)", "こたつのおともに", "For winter evenings", 1_280, "mikan.svg"),
        Item("sencha", "煎茶 100g", "Sencha (100 g)", "やぶきた、深蒸し", "Yabukita leaves", 1_620, "sencha.svg"),
        Item("kettle", "南部鉄瓶", "Nambu iron kettle", "お湯がまろやかに", "Makes water mellow", 38_000, "kettle.svg"),
    )
}
MAX_QUANTITY = 99

"""The order form: labels, presence and tidying. The rules of the fields are those of ``epsilon.Order``."""

import re
import secrets
import unicodedata
from typing import Any

from flask import request
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import EmailField, Field, HiddenField, RadioField, SelectField, StringField, TelField
from wtforms.validators import InputRequired

import epsilon
from catalog import ITEMS, MAX_QUANTITY
from epsilon.codes import METHODS, OTHER_CURRENCY
from orders import OrderRecord, new_order_number
from ways import WAYS

# The fields of Epsilon's order that the form shows under another name.
_SHOWN_AS = {
    "item_price": "quantity",
    "item_name": "item_code",
    "mission_code": "st",
    "st_code": "st",
    "order_number": "st",
    "orderer_name": "user_name",
    "orderer_tel": "user_tel",
}
# Who receives it, where this is left empty: who ordered it.
_CONSIGNEE = ("postal", "name", "address", "tel")


def _trimmed(text: str | None) -> str:
    """Strip the ends, and join the kana that some systems type as two characters, which CP932 cannot carry."""
    joined = re.sub(r".[\u3099\u309a]", lambda pair: unicodedata.normalize("NFC", pair[0]), text or "")
    return joined.strip()


def _half_width(text: str | None) -> str:
    return unicodedata.normalize("NFKC", _trimmed(text))


def _digits(text: str | None) -> str:
    """Return a phone number as Epsilon wants it: 090-1234-5678 and (03)1234 5678 without their marks."""
    return re.sub(r"[\s()\-‐‑–—ー−]", "", _half_width(text))


def _katakana(text: str | None) -> str:
    """Return hiragana and half-width katakana as the full-width katakana that Epsilon wants."""
    return "".join(chr(ord(c) + 0x60) if "ぁ" <= c <= "ゖ" else c for c in _half_width(text))


class OrderForm(FlaskForm):
    """What the buyer fills in. Field names are Epsilon's; the way to pay is ``st``, as in Epsilon's samples.

    Of the fields that only some ways need, those count that the chosen one asks for.
    """

    item_code = RadioField(
        _l("Item"), choices=list(ITEMS), default=next(iter(ITEMS)), validators=[InputRequired(_l("Choose an item."))]
    )
    quantity = StringField(_l("Quantity"), default="1", filters=[_half_width])
    user_name = StringField(_l("Name"), filters=[_trimmed])
    user_mail_add = EmailField(_l("E-mail address"), filters=[_half_width])
    st = RadioField(_l("How to pay"), validators=[InputRequired(_l("Choose how to pay."))])
    conveni_code = SelectField(_l("Store"), choices=["", *epsilon.STORES], default="")
    user_tel = TelField(_l("Phone number"), filters=[_digits])
    user_name_kana = StringField(_l("Name in katakana"), filters=[_katakana])
    orderer_postal = StringField(_l("Your postal code"), filters=[_digits])
    orderer_address = StringField(_l("Your address"), filters=[_trimmed])
    consignee_name = StringField(_l("Recipient's name"), filters=[_trimmed])
    consignee_postal = StringField(_l("Recipient's postal code"), filters=[_digits])
    consignee_address = StringField(_l("Recipient's address"), filters=[_trimmed])
    consignee_tel = TelField(_l("Recipient's phone number"), filters=[_digits])
    currency_id = SelectField(_l("Currency"), choices=METHODS[OTHER_CURRENCY].currencies, default="JPY")
    user_id = StringField("user_id", filters=[_trimmed])
    memo1 = StringField("memo1", filters=[_trimmed])
    memo2 = StringField("memo2", filters=[_trimmed])
    # The purchase that this form belongs to, and the form itself: sent twice, it is one order.
    purchase = HiddenField()
    form_key = HiddenField()

    order: epsilon.Order | None = None
    """The order as Epsilon will be told it; there once the form is valid."""

    def __init__(self, *, guest_id: str, purchase: str, ways: list[str], for_integrators: bool) -> None:
        """Take what was sent; ``user_id`` and the memos only where integrators may set them.

        ``ways`` are the names of the ways to pay that are on the form.
        """
        keys = {"purchase": purchase, "form_key": secrets.token_urlsafe(16)}
        # By itself Flask-WTF would take JSON and files too, whose values are no text.
        super().__init__(request.form if request.method == "POST" else None, data={"user_id": guest_id, **keys})
        for key in (self.purchase, self.form_key):
            if not re.fullmatch(r"[\w-]{16,64}", key.data or ""):
                key.data = secrets.token_urlsafe(16)
        self.st.choices = ways
        if self.st.data is None and not self.is_submitted():
            self.st.data = ways[0]
        self.guest_id = guest_id
        self.for_integrators = for_integrators
        if not for_integrators:
            self.user_id.data, self.memo1.data, self.memo2.data = guest_id, "", ""

    def fill_in(self, record: OrderRecord) -> None:
        """Show what an earlier attempt said, for another one."""
        for field in self:
            if field.short_name in OrderRecord.__table__.columns and field.short_name not in ("user_id", "form_key"):
                field.data = str(getattr(record, field.short_name)) or field.default or ""

    def renew(self) -> None:
        """Be a new form of the same purchase: what is sent next is another attempt."""
        self.form_key.data = secrets.token_urlsafe(16)

    def validate(self, extra_validators: Any = None) -> bool:
        """Check everything at once, and put each of Epsilon's rules that is broken at its field."""
        valid = super().validate(extra_validators)
        for field in self:
            if field.raw_data and len(field.raw_data) > 1:
                _add_error(field, _("This was sent more than once. Enter one value."))
        number = self.quantity.data if self.quantity.raw_data else ""
        if not re.fullmatch(r"0*[1-9][0-9]?", number) or int(number) > MAX_QUANTITY:
            _add_error(self.quantity, _("Enter a whole number from 1 to %(max)s.", max=MAX_QUANTITY))
        try:
            self.order = self._to_order()
        except epsilon.InvalidOrder as invalid:
            self._show(invalid)
        return valid and not self.errors

    def _to_order(self) -> epsilon.Order:
        language = str(get_locale())
        item = ITEMS.get(self.item_code.data) or next(iter(ITEMS.values()))
        quantity = 1 if self.quantity.errors else int(self.quantity.data)
        way = WAYS["card"] if self.st.errors else WAYS[self.st.data]
        asked = {name: self[name].data for name in way.asks}
        price = item.price_in(asked.get("currency_id", "JPY"))
        if price is None:
            _add_error(self.currency_id, _("This item is not sold in that currency."))
        unknown = price is None or self.item_code.errors or self.quantity.errors or self.st.errors
        if "conveni_code" in asked and not asked["conveni_code"]:
            asked = {}  # Epsilon's page asks for the store, and for what it needs
        if "orderer_address" in asked:
            asked |= {"delivery_code": "99", "orderer_name": self.user_name.data, "orderer_tel": asked["user_tel"]}
            for part in _CONSIGNEE:
                asked[f"consignee_{part}"] = asked[f"consignee_{part}"] or asked[f"orderer_{part}"]
        return epsilon.Order(
            order_number=new_order_number(),
            item_code=item.item_code,
            item_name=item.name(language, quantity),
            item_price=1 if unknown or price is None else price * quantity,
            # A registered card is its owner's: whoever types another's user_id must not be led to it.
            user_id=self.guest_id if way.name == "registered" else self.user_id.data,
            user_name=self.user_name.data,
            user_mail_add=self.user_mail_add.data,
            st_code=way.st_code,
            mission_code=item.mission_code,
            process_code=way.process_code,
            memo1=self.memo1.data,
            memo2=self.memo2.data,
            lang_id=language,
            **asked,
        )

    def _show(self, invalid: epsilon.InvalidOrder) -> None:
        language = str(get_locale())
        for name, errors in invalid.errors.items():
            field = self[_SHOWN_AS.get(name, name)]
            copied = name.startswith("consignee_") and not field.data
            if not field.errors and not copied:
                for error in errors:
                    _add_error(field, error.ja if language == "ja" else error.en)


def _add_error(field: Field, message: str) -> None:
    field.errors = [*field.errors, message]

"""The merchant's addresses as the real console would hold them; sends nothing."""

from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit


@dataclass(frozen=True)
class Shop:
    """A shop at `url`, whose pages for Epsilon are all named by convention below it."""

    url: str

    @property
    def origin(self) -> str:
        """Scheme, host and port: what a Content-Security-Policy names."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def name(self) -> str:
        """What a buyer knows the shop by: its host and port."""
        return urlsplit(self.url).netloc

    @property
    def notice(self) -> str:
        """Where both kinds of notice are posted."""
        return self._page("/notice")

    @property
    def error(self) -> str:
        """エラー発生時の戻り先URL. Which fields the real one carries is unpublished, so this carries none."""
        return self._page("/error")

    def completed(self, **fields: str) -> str:
        """決済完了後のリダイレクト先, with its fields in the order given."""
        return f"{self._page('/return')}?{urlencode(fields)}"

    def back(self, order_number: str) -> str:
        """[戻る]ボタンの戻り先URL."""
        return f"{self._page('/back')}?{urlencode({'order_number': order_number})}"

    def _page(self, path: str) -> str:
        return self.url.rstrip("/") + path

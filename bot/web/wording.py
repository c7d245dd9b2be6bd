"""What the verification page says of a code, each sentence in Bahasa Malaysia and in English."""

from collections.abc import Mapping
from typing import Final

from bot.wording import (
    LEVELS as LEVELS,
    Both as Both,
    assessed as assessed,
    duration as duration,
    kind as kind,
    limits as limits,
    written_out as written_out,
)

VERDICTS: Final[Mapping[str, Both]] = {
    "valid": Both("SAH", "VALID"),
    "revoked": Both("DIBATALKAN", "REVOKED"),
    "expired": Both("TAMAT", "EXPIRED"),
    "replaced": Both("DIGANTI", "REPLACED"),
    "unknown": Both("TIADA", "UNKNOWN"),
    "mistyped": Both("SALAH TAIP", "MISTYPED"),
    "later": Both("CUBA SEBENTAR LAGI", "TRY AGAIN LATER"),
}
ANSWERS: Final[Mapping[str, Both]] = {
    "wrong": Both(
        "Nama itu tidak sama dengan nama pada sijil ini.",
        "That name is not the one on this certificate.",
    ),
    "too often": Both(
        "Terlalu banyak cubaan. Cuba lagi selepas sepuluh minit.",
        "Too many tries. Try again in ten minutes.",
    ),
    "asked": Both(
        "Sudah ditanya. Pemegang sijil menerima satu mesej; buka semula halaman ini untuk melihat jawapannya.",
        "Asked. The holder gets a message; open this page again to see the answer.",
    ),
    "not signed": Both(
        "Fail ini belum siap. Cuba lagi sebentar nanti.",
        "This file is not ready yet. Try again in a moment.",
    ),
    "refused": Both("Pemegang sijil tidak bersetuju.", "The holder did not agree."),
    "over": Both("Persetujuan itu sudah tamat. Tanya semula.", "That consent is over. Ask again."),
    "asked often": Both(
        "Pemegang sijil sudah ditanya. Tunggu jawapannya, atau taip nama di atas.",
        "The holder has been asked already. Wait for the answer, or type the name above.",
    ),
    "no asker": Both(
        "Tulis nama syarikat anda: huruf sahaja, paling banyak 30.",
        "Write your company’s name: letters only, 30 at most.",
    ),
}

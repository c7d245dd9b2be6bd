"""What a turn is measured against: a Flask view that checks Twilio's signature and returns TwiML, with no database."""

from typing import Final

from flask import Flask, Response, abort, jsonify, request
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]
from twilio.twiml.messaging_response import MessagingResponse  # type: ignore[import-untyped]

from bench.servers import TOKEN, URL

# What a lesson's reply is like: two texts, each with the address for its receipts.
SAYS: Final = (
    "RM0.00 TITIAN: Correct! SMS yang membawa pautan berisiko tinggi. Gambar skrin anda menjadi bukti.",
    "RM0.00 TITIAN: 1/7 selesai.\n1 Teruskan\n2 Nanti",
)

PAGE: Final = f"<!doctype html><title>SAH</title>{'<p>Sijil ini masih sah.</p>' * 400}"  # about as long as ours


def create_app() -> Flask:
    """The application with its one view."""
    app = Flask("bare")
    validator = RequestValidator(TOKEN)

    @app.get("/healthz")
    def healthz() -> str:
        return "ok"

    @app.post("/webhooks/twilio/sms")
    def sms() -> Response:
        if not validator.validate(URL + request.path, request.form, request.headers.get("X-Twilio-Signature", "")):
            abort(403)
        response = MessagingResponse()
        for text in SAYS:
            response.message(text, status_callback=f"{URL}/webhooks/twilio/status?message=251658240000000000")
        return Response(str(response), content_type="text/xml; charset=utf-8")

    @app.get("/verify/<code>")
    def verify(code: str) -> str | Response:
        if request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json":
            return jsonify(verdict="valid", code=code, course={"ms": "Elak penipuan", "en": "Staying safe"})
        return PAGE

    return app

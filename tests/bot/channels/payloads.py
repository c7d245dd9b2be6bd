"""What providers send to our webhooks, written by hand after their documentation, with numbers that nobody has."""

from tests.doubles import ACCOUNT

PUBLIC = "https://titian.example"
TOKEN = "a-token-of-enough-letters"

LEARNER = "+601110000001"
US = "+601110000009"
USER_ID = "MY.1502576394655843"

TWILIO_SMS = {
    "ToCountry": "MY",
    "ToState": "",
    "SmsMessageSid": "SM00000000000000000000000000000001",
    "NumMedia": "0",
    "ToCity": "",
    "FromZip": "",
    "SmsSid": "SM00000000000000000000000000000001",
    "FromState": "",
    "SmsStatus": "received",
    "FromCity": "",
    "Body": "Mula 1",
    "FromCountry": "MY",
    "To": US,
    "ToZip": "",
    "NumSegments": "1",
    "MessageSid": "SM00000000000000000000000000000001",
    "AccountSid": ACCOUNT,
    "From": LEARNER,
    "ApiVersion": "2010-04-01",
}

TWILIO_WHATSAPP = {
    "SmsMessageSid": "SM00000000000000000000000000000002",
    "NumMedia": "0",
    "ProfileName": "Aina 🌺",
    "MessageType": "text",
    "SmsSid": "SM00000000000000000000000000000002",
    "WaId": LEARNER.removeprefix("+"),
    "SmsStatus": "received",
    "Body": "Mula 1",
    "To": f"whatsapp:{US}",
    "NumSegments": "1",
    "ReferralNumMedia": "0",
    "MessageSid": "SM00000000000000000000000000000002",
    "AccountSid": ACCOUNT,
    "From": f"whatsapp:{LEARNER}",
    "ApiVersion": "2010-04-01",
}

TWILIO_RECEIPT = {
    "SmsSid": "SM00000000000000000000000000000003",
    "SmsStatus": "delivered",
    "MessageStatus": "delivered",
    "To": LEARNER,
    "MessageSid": "SM00000000000000000000000000000003",
    "AccountSid": ACCOUNT,
    "From": US,
    "ApiVersion": "2010-04-01",
}

AT_SMS = {
    "date": "2026-11-24 01:00:00",
    "from": LEARNER,
    "id": "ATUid_00000000000000000000000000000001",
    "linkId": "",
    "text": "Mula 1",
    "to": "22384",
    "networkCode": "99999",
}

AT_RECEIPT = {
    "id": "ATXid_00000000000000000000000000000002",
    "status": "Success",
    "phoneNumber": LEARNER,
    "networkCode": "99999",
    "retryCount": "0",
}

AT_OPT_OUT = {"senderId": "22384", "phoneNumber": LEARNER}

AT_SUBSCRIPTION = {"phoneNumber": LEARNER, "shortCode": "22384", "keyword": "TITIAN", "updateType": "Addition"}

AT_USSD = {
    "sessionId": "ATUid_00000000000000000000000000000003",
    "phoneNumber": LEARNER,
    "networkCode": "99999",
    "serviceCode": "*384*000#",
    "text": "1*Mula 1",
}

AT_USSD_END = {
    "date": "2026-11-24 01:00:30",
    "sessionId": "ATUid_00000000000000000000000000000003",
    "serviceCode": "*384*000#",
    "networkCode": "99999",
    "phoneNumber": LEARNER,
    "status": "Incomplete",
    "cost": "0",
    "durationInMillis": "12000",
    "hopsCount": "2",
    "input": "1*Mula 1",
    "lastAppResponse": "CON Selamat datang",
    "errorMessage": "",
}

SIMULATED = {"phone": "011-1000 0001", "channel": "sms", "text": "Mula 1", "id": "m-1"}
SIMULATED_CALL = {"phone": LEARNER, "channel": "ussd", "text": "1*Mula 1", "session": "call-1"}

// The QR code on paper leads here with its certificate's code behind a "#", which is in no log on the way. It goes on from
// here to the page of that code. Without this script there is the field, and the code stands in print beside the QR code.
(function () {
  function goOn() {
    var code = location.hash.slice(1);
    if (/^[0-9A-Za-z-]{12,20}$/.test(code)) location.replace("/verify/" + code);
  }
  addEventListener("hashchange", goOn);
  goOn();
})();

// paypal

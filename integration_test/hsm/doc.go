// Package hsm tries keys that are sealed for a certificate whose private key lives
// in a device, through a PKCS #11 driver. It is a module of its own, so that nobody
// else needs the driver or a C compiler. The device is SoftHSM.
package hsm

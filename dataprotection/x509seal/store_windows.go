package x509seal

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"unsafe"

	"golang.org/x/sys/windows"
)

// places are where certificates with private keys are kept, in the order in which
// ASP.NET Core looks.
var places = []struct {
	name string
	flag uint32
}{
	{`CurrentUser\My`, windows.CERT_SYSTEM_STORE_CURRENT_USER},
	{`LocalMachine\My`, windows.CERT_SYSTEM_STORE_LOCAL_MACHINE},
}

// fromWindowsStore returns the first certificate of that hash whose private key works.
func fromWindowsStore(hash []byte) (*Certificate, error) {
	var found, missing []error
	for _, place := range places {
		context, err := find(place.flag, "My", hash)
		if err != nil {
			missing = append(missing, fmt.Errorf("%s (%w)", place.name, err))
			continue
		}
		c, err := open(context)
		_ = windows.CertFreeCertificateContext(context) // it always succeeds
		if err == nil {
			return c, nil
		}
		found = append(found, fmt.Errorf("%w (in %s)", err, place.name))
	}
	if len(found) > 0 {
		return nil, errors.Join(found...)
	}
	return nil, fmt.Errorf("x509seal: there is no certificate with thumbprint %X: %w", hash, listed(missing))
}

// listed joins errors in one line.
func listed(errs []error) error {
	formats, args := make([]string, len(errs)), make([]any, len(errs))
	for i, err := range errs {
		formats[i], args[i] = "%w", err
	}
	return fmt.Errorf(strings.Join(formats, ", "), args...)
}

var errNotThere = errors.New("it is not there")

// find returns a certificate of one store, of which there need not be one. It has to
// be freed.
func find(place uint32, storeName string, hash []byte) (*windows.CertContext, error) {
	name, err := windows.UTF16PtrFromString(storeName)
	if err != nil {
		return nil, err
	}
	flags := place | windows.CERT_STORE_READONLY_FLAG | windows.CERT_STORE_OPEN_EXISTING_FLAG
	store, err := windows.CertOpenStore(windows.CERT_STORE_PROV_SYSTEM_W, 0, 0, flags, uintptr(unsafe.Pointer(name)))
	if errors.Is(err, windows.ERROR_FILE_NOT_FOUND) { // nobody has put anything into this store
		return nil, errNotThere
	}
	if err != nil {
		return nil, fmt.Errorf("it cannot be opened: %w", err)
	}
	defer windows.CertCloseStore(store, 0) // what was found in it stays
	blob := windows.CryptHashBlob{Size: uint32(len(hash)), Data: &hash[0]}
	context, err := windows.CertFindCertificateInStore(store, windows.X509_ASN_ENCODING|windows.PKCS_7_ASN_ENCODING, 0, windows.CERT_FIND_HASH, unsafe.Pointer(&blob), nil)
	if errors.Is(err, windows.Errno(windows.CRYPT_E_NOT_FOUND)) {
		return nil, errNotThere
	}
	return context, err
}

// open turns what Windows has into a Certificate.
func open(context *windows.CertContext) (*Certificate, error) {
	cert, err := x509.ParseCertificate(bytes.Clone(unsafe.Slice(context.EncodedCert, context.Length)))
	if err != nil {
		return nil, fmt.Errorf("x509seal: the certificate in the Windows store cannot be read: %w", err)
	}
	c, err := New(cert, nil) // whose error for another key than RSA is better than that of Windows
	if err != nil {
		return nil, err
	}
	key, err := acquireKey(context, cert.PublicKey.(*rsa.PublicKey))
	if err != nil {
		return nil, fmt.Errorf("x509seal: %s: %w", c, err)
	}
	return New(cert, key)
}

package x509seal

import (
	"crypto"
	"crypto/rsa"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"sync"
	"unsafe"

	"golang.org/x/sys/windows"
)

// silent keeps Windows from opening a window, on a server's screen that nobody looks at.
const silent = 0x40

// acquireKey returns the private key of a certificate, used where it is.
func acquireKey(context *windows.CertContext, public *rsa.PublicKey) (crypto.Decrypter, error) {
	const flags = windows.CRYPT_ACQUIRE_PREFER_NCRYPT_KEY_FLAG | windows.CRYPT_ACQUIRE_COMPARE_KEY_FLAG | windows.CRYPT_ACQUIRE_SILENT_FLAG
	var handle windows.Handle
	var spec uint32
	var free bool
	if err := windows.CryptAcquireCertificatePrivateKey(context, flags, nil, &handle, &spec, &free); err != nil {
		return nil, explained(err)
	}
	if spec == windows.CERT_NCRYPT_KEY_SPEC {
		key := &cngKey{public, handle}
		if free {
			runtime.AddCleanup(key, freeObject, handle)
		}
		return key, nil
	}
	key := &capiKey{public: public, provider: handle}
	if free {
		runtime.AddCleanup(key, releaseContext, handle)
	}
	if spec == windows.AT_SIGNATURE {
		return nil, errors.New("its private key was made for signing only (AT_SIGNATURE), and cannot decrypt")
	}
	return key, nil
}

// explained says what the errors of Windows mean here.
func explained(err error) error {
	var code windows.Errno
	if !errors.As(err, &code) {
		return err
	}
	switch windows.Handle(code) {
	case windows.CRYPT_E_NO_KEY_PROPERTY:
		return fmt.Errorf("it has no private key: import it with one, as from a PFX file: %w", err)
	case windows.NTE_BAD_KEYSET, windows.NTE_NO_KEY, windows.NTE_NOT_FOUND:
		return fmt.Errorf("its private key is gone, or this account may not see it: %w", err)
	case windows.NTE_PERM, windows.E_ACCESSDENIED, windows.Handle(windows.ERROR_ACCESS_DENIED):
		return fmt.Errorf("this account has no permission to use its private key (certlm.msc, All Tasks, Manage Private Keys): %w", err)
	case windows.NTE_SILENT_CONTEXT, windows.NTE_UI_REQUIRED:
		return fmt.Errorf("its private key asks a person before it is used, which a server cannot answer: import it without strong protection: %w", err)
	case windows.NTE_BAD_PUBLIC_KEY:
		return fmt.Errorf("the private key that Windows has for it belongs to another certificate: %w", err)
	}
	return fmt.Errorf("its private key cannot be used: %w", err)
}

func freeObject(handle windows.Handle) {
	_, _, _ = library("ncrypt.dll", "NCryptFreeObject").Call(uintptr(handle)) // a handle that is lost is no harm
}

func releaseContext(handle windows.Handle) { _ = windows.CryptReleaseContext(handle, 0) }

func library(name, function string) *windows.LazyProc {
	return windows.NewLazySystemDLL(name).NewProc(function)
}

// paddingOf says how a call of Decrypt is meant. What Windows cannot do, to give
// back a random key for what does not decrypt, is an error.
func paddingOf(opts crypto.DecrypterOpts) (oaep bool, err error) {
	switch o := opts.(type) {
	case nil:
		return false, nil
	case *rsa.PKCS1v15DecryptOptions: //lint:ignore SA1019 .NET writes PKCS #1 v1.5, so its peers must
		if o.SessionKeyLen != 0 {
			return false, errors.New("x509seal: keys of the Windows store do not take a SessionKeyLen")
		}
		return false, nil
	case *rsa.OAEPOptions:
		if o.Hash == crypto.SHA1 && (o.MGFHash == 0 || o.MGFHash == crypto.SHA1) && len(o.Label) == 0 {
			return true, nil
		}
	}
	return false, fmt.Errorf("x509seal: keys of the Windows store do not decrypt with %T as it is here", opts)
}

// A cngKey is a private key that a key storage provider has.
type cngKey struct {
	public *rsa.PublicKey
	handle windows.Handle
}

func (k *cngKey) Public() crypto.PublicKey { return k.public }

// oaepInfo is BCRYPT_OAEP_PADDING_INFO.
type oaepInfo struct {
	algorithm *uint16
	label     *byte
	labelSize uint32
}

// Decrypt is that of crypto.Decrypter.
func (k *cngKey) Decrypt(_ io.Reader, ciphertext []byte, opts crypto.DecrypterOpts) ([]byte, error) {
	oaep, err := paddingOf(opts)
	if err != nil {
		return nil, err
	}
	if len(ciphertext) != k.public.Size() {
		return nil, rsa.ErrDecryption
	}
	const padPKCS1, padOAEP = 2, 4
	flags, info := uintptr(silent|padPKCS1), (*oaepInfo)(nil)
	if oaep {
		sha1, err := windows.UTF16PtrFromString("SHA1")
		if err != nil {
			return nil, err
		}
		flags, info = silent|padOAEP, &oaepInfo{algorithm: sha1}
	}
	plain, size := make([]byte, k.public.Size()), uint32(0)
	code, _, _ := library("ncrypt.dll", "NCryptDecrypt").Call(uintptr(k.handle), uintptr(unsafe.Pointer(&ciphertext[0])), uintptr(len(ciphertext)),
		uintptr(unsafe.Pointer(info)), uintptr(unsafe.Pointer(&plain[0])), uintptr(len(plain)), uintptr(unsafe.Pointer(&size)), flags)
	runtime.KeepAlive(k)
	if code != 0 {
		return nil, explained(windows.Errno(code))
	}
	return plain[:size], nil
}

// A capiKey is a private key of the older kind of provider, where CNG cannot use it.
type capiKey struct {
	public   *rsa.PublicKey
	mu       sync.Mutex // such a provider does not promise to be asked by several at once
	provider windows.Handle
}

func (k *capiKey) Public() crypto.PublicKey { return k.public }

// Decrypt is that of crypto.Decrypter.
func (k *capiKey) Decrypt(_ io.Reader, ciphertext []byte, opts crypto.DecrypterOpts) ([]byte, error) {
	oaep, err := paddingOf(opts)
	if err != nil {
		return nil, err
	}
	if len(ciphertext) != k.public.Size() {
		return nil, rsa.ErrDecryption
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	var key windows.Handle
	if ok, _, err := library("advapi32.dll", "CryptGetUserKey").Call(uintptr(k.provider), windows.AT_KEYEXCHANGE, uintptr(unsafe.Pointer(&key))); ok == 0 {
		return nil, explained(err)
	}
	defer library("advapi32.dll", "CryptDestroyKey").Call(uintptr(key))
	const padOAEP = 0x40
	flags := uintptr(0)
	if oaep {
		flags = padOAEP
	}
	data := littleEndian(ciphertext)
	size := uint32(len(data))
	ok, _, err := library("advapi32.dll", "CryptDecrypt").Call(uintptr(key), 0, 1, flags, uintptr(unsafe.Pointer(&data[0])), uintptr(unsafe.Pointer(&size)))
	runtime.KeepAlive(k)
	if ok == 0 {
		return nil, explained(err)
	}
	return data[:size], nil
}

// littleEndian is the order of bytes that the older providers expect.
func littleEndian(data []byte) []byte {
	turned := slices.Clone(data)
	slices.Reverse(turned)
	return turned
}

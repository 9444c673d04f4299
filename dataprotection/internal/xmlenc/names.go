package xmlenc

// Methods are named by URIs, most of them in the namespace of XML Encryption.
const (
	namespace = "http://www.w3.org/2001/04/xmlenc#"

	methodRSA15  = namespace + "rsa-1_5"
	methodOAEP   = namespace + "rsa-oaep-mgf1p" // with SHA-1 for both
	methodAES256 = namespace + "aes256-cbc"
	methodAES192 = namespace + "aes192-cbc"
	methodAES128 = namespace + "aes128-cbc"
	methodDES3   = namespace + "tripledes-cbc"
	methodDES    = namespace + "des-cbc"
)

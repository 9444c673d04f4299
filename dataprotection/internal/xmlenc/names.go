package xmlenc

// DecryptorType is the class that .NET opens with. The version is that of the
// oldest release in support; readers ignore it, and go by DecryptorName.
const (
	DecryptorName = "Microsoft.AspNetCore.DataProtection.XmlEncryption.EncryptedXmlDecryptor"
	DecryptorType = DecryptorName + ", Microsoft.AspNetCore.DataProtection, Version=8.0.0.0, Culture=neutral, PublicKeyToken=adb9793829ddae60"
)

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

package keyxml

import "strings"

// The types that the XML names. They are .NET classes, written as such.
const (
	typeStem     = "Microsoft.AspNetCore.DataProtection."
	modelStem    = typeStem + "AuthenticatedEncryption.ConfigurationModel."
	portableType = modelStem + "AuthenticatedEncryptorDescriptorDeserializer"
	managedType  = modelStem + "ManagedAuthenticatedEncryptorDescriptorDeserializer"
	cngCBCType   = modelStem + "CngCbcAuthenticatedEncryptorDescriptorDeserializer"
	cngGCMType   = modelStem + "CngGcmAuthenticatedEncryptorDescriptorDeserializer"
	nullType     = typeStem + "XmlEncryption.NullXmlDecryptor"

	// assembly follows a type's name. Every release since 2.0 reads any version
	// here. The whole form is written, with the version of the oldest release in
	// support, because a reader without that leniency wants the assembly's name
	// and no version newer than its own.
	assembly = ", Microsoft.AspNetCore.DataProtection, Version=8.0.0.0, Culture=neutral, PublicKeyToken=adb9793829ddae60"
)

// TypeName is the bare class name in an assembly-qualified type name, with the
// name that the namespace had before the first release brought up to date. What
// follows the first comma is no business of a reader.
func TypeName(qualified string) string {
	name, _, _ := strings.Cut(qualified, ",")
	return strings.ReplaceAll(strings.TrimSpace(name), "Microsoft.AspNet.DataProtection", "Microsoft.AspNetCore.DataProtection")
}

// KnownToDotNet reports whether ASP.NET Core itself, or the Azure package beside
// it, can open what is sealed under this decryptor type.
func KnownToDotNet(decryptorType string) bool {
	switch TypeName(decryptorType) {
	case nullType, typeStem + "XmlEncryption.EncryptedXmlDecryptor", typeStem + "XmlEncryption.DpapiXmlDecryptor",
		typeStem + "XmlEncryption.DpapiNGXmlDecryptor",
		"Azure.Extensions.AspNetCore.DataProtection.Keys.AzureKeyVaultXmlDecryptor",
		typeStem + "AzureKeyVault.AzureKeyVaultXmlDecryptor":
		return true
	}
	return false
}

// Package hostpolicy tells which policy for key rings holds on this machine, and why.
//
// A policy prescribes the algorithm and the lifetime of new keys, and has them
// escrowed. dataprotection.Open and NewManager apply it by themselves: what a
// Config leaves at zero is taken from it, its escrow comes before the Config's own,
// and Config.OwnPolicy keeps it out. Keys that exist are not touched. This package
// only looks, for people who want to know:
//
//	e, err := hostpolicy.Explain()
//
// On Windows the policy is that of ASP.NET Core, in the registry key
//
//	HKLM\SOFTWARE\Microsoft\DotNetPackages\Microsoft.AspNetCore.DataProtection
//
// Elsewhere it is the file /etc/sealring/policy.toml. The environment variable
// SEALRING_POLICY names another file, on any system; set and empty it stands for no
// policy, which is what tests want. The names in the file are those of the registry:
//
//	EncryptionType             = "CNG-CBC"  # or "CNG-GCM", "Managed"; none: no algorithm is prescribed
//	EncryptionAlgorithmKeySize = 256        # 128, 192 or 256, which is the default
//	HashAlgorithm              = "SHA256"   # with CNG-CBC: SHA1, SHA256 (default), SHA384, SHA512
//	ValidationAlgorithmType    = "HMACSHA256" # with Managed
//	DefaultKeyLifetime         = 90         # days, at least 7
//
//	[[KeyEscrowSinks]]                      # any number
//	Directory   = "/mnt/escrow"             # as package escrow fills it
//	Certificate = "/etc/sealring/escrow.crt" # PEM, without its private key
//
// EncryptionAlgorithm, EncryptionAlgorithmProvider, HashAlgorithmProvider and
// EncryptionAlgorithmType are known too. A .NET program outside Windows does not read
// keys for CNG; Managed suits a mixed fleet. KeyEscrowSinks in the registry
// are classes of .NET, which a Go program cannot load: there it refuses to start.
//
// A name that is not known, and a value that is malformed or has no effect, are errors
// with file and line; Open then fails.
package hostpolicy

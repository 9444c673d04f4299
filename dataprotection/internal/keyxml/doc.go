// Package keyxml reads and writes the XML elements of a key ring: keys and
// revocations. What it writes is what ASP.NET Core writes, byte for byte, and it
// reads what ASP.NET Core reads (docs/formats.md, Key XML and Revocation XML).
//
// It refuses a DOCTYPE, elements over 64 KiB and elements nested deeper than 32
// levels. Its errors name elements and attributes, and never show their content.
package keyxml

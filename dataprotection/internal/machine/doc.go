// Package machine reads the policy for key rings that holds on a whole machine:
// from a file, or on Windows from the registry key that ASP.NET Core reads
// (docs/formats.md, Machine policy). It knows what the values mean, and says where
// each stands.
package machine

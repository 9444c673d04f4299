// Package cookie reads the Cookie header the way ASP.NET Core does, without
// allocating. Where net/http keeps spaces, commas and empty values, strips quotes
// and tells names apart by case, this package does not, so that both sides of a
// shared login see the same cookie (docs/formats.md, Cookie and chunks).
package cookie

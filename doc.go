// Package sealring is the root of the module and holds no code of its own.
//
// Start with package dataprotection for the key ring, with package cookieauth
// for logins, and with the programs in examples to see them at work. The pages
// in docs say what the bytes look like, why things are as they are, and what is
// and is not protected.
package sealring

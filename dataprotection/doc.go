// Package dataprotection protects data with a key ring that rotates by itself.
package dataprotection

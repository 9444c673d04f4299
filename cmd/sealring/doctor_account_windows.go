package main

import "os"

// becomeOwner changes nothing here, where a program cannot take the place of another
// account, and need not: access control lists tell who may read what.
func becomeOwner(os.FileInfo) (account string) { return "" }

// writable is for the access control lists to say, which the store reads.
func writable(string) bool { return true }

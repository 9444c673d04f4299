package filestore

import "os"

// giveToOwner does nothing here, where what is made inherits who may use it.
func giveToOwner(*os.Root, *os.File) {}

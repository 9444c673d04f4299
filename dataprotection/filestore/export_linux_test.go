package filestore

var ParseACL = parseACL

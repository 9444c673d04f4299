package payload

var AppendLength = appendLength

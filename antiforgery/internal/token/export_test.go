package token

import "github.com/sealring/sealring/cookieauth/claims"

var CompareUTF16 = compareUTF16

func SortByType(all []*claims.Claim) { sortByType(all) }

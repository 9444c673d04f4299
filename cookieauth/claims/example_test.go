package claims_test

import (
	"context"
	"fmt"

	"github.com/sealring/sealring/cookieauth/claims"
)

func ExampleNew() {
	p := claims.New("42",
		claims.Name("alice"),
		claims.Role("admin"),
		claims.Claim{Type: "department", Value: "sales"},
	)
	fmt.Println(p.ID(), p.Name(), p.HasRole("admin"), p.Value("department"))
	// Output: 42 alice true sales
}

func ExampleFromContext() {
	greet := func(ctx context.Context) {
		user := claims.FromContext(ctx) // nil for nobody, which is fine
		fmt.Printf("name %q, admin %v\n", user.Name(), user.HasRole("admin"))
	}
	greet(context.Background())
	greet(claims.NewContext(context.Background(), claims.New("42", claims.Name("alice"))))
	// Output:
	// name "", admin false
	// name "alice", admin false
}

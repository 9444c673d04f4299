// Package journey carries outwards what the suite's handlers find out about a
// request on its way in: who the user is, which handlers it went through and in
// which order, and whether the answer has begun. A context only carries inwards.
package journey

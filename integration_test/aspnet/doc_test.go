// Package aspnet_test compares Sealring with ASP.NET Core: with what it wrote
// (TestVectors), with its opinion on what we write (TestWrittenCases), and with an
// application of it that runs on the same keys (TestLive…).
//
// TestVectors needs nothing. The other tests need the reference system, an oracle
// program on ASP.NET Core itself, and skip without it. These variables are read:
//
//	SEALRING_VECTORS      more folders of cases for TestVectors, a path list
//	SEALRING_VECTORS_OUT  where TestWrittenCases leaves its cases
//	SEALRING_ASPNET       the command that runs the reference system
//	SEALRING_REQUIRE=all  fail where a test would skip for want of one of these,
//	                      and leave out nothing that takes long
package aspnet_test

// Package ordinal compares text the way .NET's ordinal comparisons do, which is
// what claim types, paths and cookie names are compared by in the formats that
// this module shares with ASP.NET Core.
package ordinal

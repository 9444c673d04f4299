package redisserver

// ListenWithin is Listen with another limit of silence.
var ListenWithin = listenWithin

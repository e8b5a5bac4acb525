package idac

package ssh

import "time"

// config is the analyzer's options.
type config struct {
	BannerSlow   time.Duration `opt:"banner-slow" doc:"time to the server's identification from which ssh-slow-server-banner speaks (info)"`
	BannerWarn   time.Duration `opt:"banner-warn" doc:"... as a warning"`
	BannerError  time.Duration `opt:"banner-error" doc:"... as an error"`
	ClientBanner time.Duration `opt:"client-banner" doc:"time to the client's identification from which ssh-slow-client-banner speaks"`
	KexSlow      time.Duration `opt:"kex-slow" doc:"time for a key exchange message from which ssh-slow-kex-client and -server speak (info)"`
	KexWarn      time.Duration `opt:"kex-warn" doc:"... as a warning"`
	HostKeyWait  time.Duration `opt:"hostkey-wait" doc:"time before the client's NEWKEYS from which ssh-user-hostkey speaks"`
	Stall        time.Duration `opt:"stall" doc:"time without an answer after the client's NEWKEYS from which ssh-stall-newkeys speaks"`
	AuthFirst    time.Duration `opt:"auth-first" doc:"time to the first authentication answer from which ssh-slow-auth-first speaks"`
	FailMin      time.Duration `opt:"fail-min" doc:"shortest failure delay that ssh-slow-auth-fail reports"`
	FailMax      time.Duration `opt:"fail-max" doc:"longest failure delay that ssh-slow-auth-fail reports"`
	Grace        time.Duration `opt:"grace" doc:"LoginGraceTime that is assumed where only one connection shows it"`
	LossMin      time.Duration `opt:"loss-min" doc:"time lost by retransmissions in a handshake from which ssh-loss speaks"`
	BruteFast    int           `opt:"brute-fast" doc:"connections with refused, promptly sent guesses that make ssh-brute"`
	FastWindow   time.Duration `opt:"brute-fast-window" doc:"... within this time"`
	BruteMany    int           `opt:"brute-many" doc:"failed connections of any speed that make ssh-brute"`
	ManyWindow   time.Duration `opt:"brute-many-window" doc:"... within this time"`
	ScanMin      int           `opt:"scan-min" doc:"servers that one client only looked at for ssh-scan"`
}

func defaultConfig() *config {
	return &config{
		BannerSlow: 500 * time.Millisecond, BannerWarn: 2 * time.Second, BannerError: 5 * time.Second,
		ClientBanner: time.Second,
		KexSlow:      300 * time.Millisecond, KexWarn: time.Second,
		HostKeyWait: time.Second, Stall: 2 * time.Second, AuthFirst: time.Second,
		FailMin: 1500 * time.Millisecond, FailMax: 6 * time.Second,
		Grace: 120 * time.Second, LossMin: 200 * time.Millisecond,
		BruteFast: 10, FastWindow: 5 * time.Minute, BruteMany: 30, ManyWindow: 30 * time.Minute,
		ScanMin: 5,
	}
}

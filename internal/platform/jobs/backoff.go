package jobs

import "time"

// The first wait is short, for what mends itself; each further one is three
// times as long.
const (
	firstWait   = 15 * time.Second
	longestWait = 6 * time.Hour
)

// backoff is how long a job waits after its nth failed attempt. Chance, from 0
// to 1, spreads it from three quarters to five quarters, so that a thousand
// jobs that failed together do not come back together.
func backoff(attempt int, chance float64) time.Duration {
	wait := firstWait
	for range attempt - 1 {
		if wait *= 3; wait >= longestWait {
			wait = longestWait
			break
		}
	}
	return time.Duration(float64(wait) * (0.75 + chance/2))
}

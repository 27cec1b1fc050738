package tally
import ("testing";"context";"time")
func TestZZ(t *testing.T) {
	e := realElection(t, "Poland_Krakow_2024.pb")
	r := Rule{Name: EqualShares, Utility: UtilityPoints, Completion: CompleteAdd1}
	out := mustCount(t, e, r)
	ctx, c := context.WithTimeout(context.Background(), 20*time.Second)
	defer c()
	Explain(ctx, e, out)
}

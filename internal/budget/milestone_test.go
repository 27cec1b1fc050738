package budget

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
)

// keysOf are the names of refused fields with their keys.
func keysOf(err error) map[string]string {
	list := map[string]string{}
	if f := fault.As(err); f != nil {
		for _, one := range f.Fields {
			list[one.Name] = one.Key
		}
	}
	return list
}

func TestMilestoneIsChecked(t *testing.T) {
	now := time.Date(2027, time.March, 10, 12, 0, 0, 0, web.Warsaw)
	won, going := Project{State: ProjectWon}, Project{State: ProjectInProgress}
	before := []Milestone{{Kind: Started, Day: "2027-02-01", Due: "2027-03-05", Spent: 500_00}}
	for name, c := range map[string]struct {
		p      Project
		before []Milestone
		n      NewMilestone
		want   map[string]string
	}{
		"begins":            {won, nil, NewMilestone{Kind: Started, Day: "2027-03-01", Words: "Zaczęto.", Due: "2027-06-01"}, nil},
		"begins with delay": {won, nil, NewMilestone{Kind: Delay, Day: "2027-03-01", Words: "x", Due: "2027-06-01"}, map[string]string{"rodzaj": "budget.lack.choose"}},
		"without a date":    {won, nil, NewMilestone{Kind: Started, Day: "2027-03-01", Words: "x"}, map[string]string{"termin": "budget.lack.day"}},
		"tomorrow":          {won, nil, NewMilestone{Kind: Started, Day: "2027-03-11", Words: "x", Due: "2027-06-01"}, map[string]string{"dzien": "budget.lack.day_past"}},
		"no words":          {going, before, NewMilestone{Kind: OneStep, Day: "2027-03-01"}, map[string]string{"slowa": "budget.lack.empty"}},
		"days run back":     {going, before, NewMilestone{Kind: OneStep, Day: "2027-01-31", Words: "x"}, map[string]string{"dzien": "budget.lack.day_order"}},
		"money comes back":  {going, before, NewMilestone{Kind: OneStep, Day: "2027-03-01", Words: "x", Spent: "400"}, map[string]string{"wydano": "budget.lack.spent_less"}},
		"no money":          {going, before, NewMilestone{Kind: OneStep, Day: "2027-03-01", Words: "x", Spent: "dużo"}, map[string]string{"wydano": "budget.lack.money"}},
		"delayed":           {going, before, NewMilestone{Kind: Delay, Day: "2027-03-06", Words: "Mróz.", Due: "2027-05-01"}, nil},
		"delay to earlier":  {going, before, NewMilestone{Kind: Delay, Day: "2027-03-01", Words: "x", Due: "2027-03-05"}, map[string]string{"termin": "budget.lack.not_later"}},
		"photo unspoken":    {going, before, NewMilestone{Kind: OneStep, Day: "2027-03-01", Words: "x", File: "f"}, map[string]string{"opis_zdjecia": "budget.lack.empty"}},
		"delivered":         {going, before, NewMilestone{Kind: Delivered, Day: "2027-03-09", Words: "Stoi.", Spent: "612,40"}, nil},
	} {
		_, err := c.n.cleaned(c.p, c.before, now)
		want := c.want
		if want == nil {
			want = map[string]string{}
		}
		if diff := cmp.Diff(want, keysOf(err)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestDeliveryIsSummedUp(t *testing.T) {
	list := []Milestone{{Kind: Started, Day: "2027-02-01", Due: "2027-03-05"}, {Kind: OneStep, Day: "2027-02-10", Spent: 300_00}, {Kind: Delay, Day: "2027-03-01", Due: "2027-05-01", Spent: 300_00}}
	so := DeliveryOf(list)
	if diff := cmp.Diff(Delivery{Began: "2027-02-01", Due: "2027-05-01", Spent: 300_00, Delays: 1}, so); diff != "" {
		t.Error(diff)
	}
	last := time.Date(2027, time.May, 1, 23, 59, 59, 0, web.Warsaw)
	if so.Late(last) || !so.Late(last.Add(time.Second)) {
		t.Error("the last day belongs to the delivery, the next one does not")
	}
	so = DeliveryOf(append(list, Milestone{Kind: Delivered, Day: "2027-06-01", Spent: 900_00}))
	if so.Late(last.AddDate(1, 0, 0)) || so.Done != "2027-06-01" || so.Spent != 900_00 {
		t.Errorf("delivered: %+v", so)
	}
	sp := span{From: last, To: last.Add(100 * time.Hour)}
	if a, b, c := sp.x(last.AddDate(-1, 0, 0)), sp.x(last.Add(50*time.Hour)), sp.x(last.AddDate(1, 0, 0)); a != 0 || b != 500 || c != 1000 {
		t.Errorf("places on the line: %d %d %d", a, b, c)
	}
}

package formula

import "math/big"

// Lack is why there is no value. The empty one means that there is.
type Lack string

// What can be lacking.
const (
	ZeroDivision Lack = "zero"    // divided by zero
	NotKnown     Lack = "unknown" // a part has no value: not read yet, no such indicator
	TooLarge     Lack = "large"   // beyond what any figure of a plan can be
)

// maxBits bounds numbers on the way: a formula that squares and squares again
// must not eat the machine.
const maxBits = 512

// Result is a value, or the reason why there is none. Of is the call that has
// no value when Lack is NotKnown, and what it rests on, for a division by zero,
// the divisor as it is typed.
type Result struct {
	Value *big.Rat
	Lack  Lack
	Of    string
}

// Eval reckons. Ask answers a call, or nil when its value is not known.
func (f Formula) Eval(ask func(Call) *big.Rat) Result {
	if f.root == nil {
		return Result{Lack: NotKnown}
	}
	e := &eval{ask: ask}
	if v := f.root.value(e); v != nil {
		return Result{Value: v}
	}
	return Result{Lack: e.lack, Of: e.of}
}

type eval struct {
	ask  func(Call) *big.Rat
	lack Lack
	of   string
}

// none keeps the first reason.
func (e *eval) none(l Lack, of string) *big.Rat {
	if e.lack == "" {
		e.lack, e.of = l, of
	}
	return nil
}

// bound refuses numbers that grew too large.
func (e *eval) bound(v *big.Rat) *big.Rat {
	if v.Num().BitLen() > maxBits || v.Denom().BitLen() > maxBits {
		return e.none(TooLarge, "")
	}
	return v
}

func (n numberNode) value(*eval) *big.Rat { return n.rat }

func (n callNode) value(e *eval) *big.Rat {
	v := e.ask(Call(n))
	if v == nil {
		return e.none(NotKnown, Call(n).String())
	}
	return e.bound(v)
}

func (n minus) value(e *eval) *big.Rat {
	v := n.of.value(e)
	if v == nil {
		return nil
	}
	return new(big.Rat).Neg(v)
}

func (n binary) value(e *eval) *big.Rat {
	a := n.left.value(e)
	if a == nil {
		return nil
	}
	b := n.right.value(e)
	if b == nil {
		return nil
	}
	v := new(big.Rat)
	switch n.op {
	case '+':
		v.Add(a, b)
	case '-':
		v.Sub(a, b)
	case '*':
		v.Mul(a, b)
	case '/':
		if b.Sign() == 0 {
			return e.none(ZeroDivision, n.right.print(plain{}))
		}
		v.Quo(a, b)
	}
	return e.bound(v)
}

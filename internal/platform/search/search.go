// Package search finds everything that somebody may see, in words of three
// languages, and says why it was found.
//
// A module declares a Kind: how its documents are read (Load) and walked
// (After). Whoever changes something calls Touch in the same transaction; a job
// reads the document again and replaces what is indexed. So the index follows
// within seconds and never holds what was rolled back.
//
// The text of a document becomes tokens that are made here (tokens.go): folded
// base forms of Polish words, folded words of other languages, the words as
// they are written, pairs of neighbors for phrases, whole numbers. The engine
// underneath (FTS5, tsvector) knows nothing of language; it only finds which
// documents hold which tokens. The order is ours and the same on both databases
// (order.go): all words in the title first, then the rank of the kind, the newer
// date, and a number made of the id.
//
// Who may find a document is a token as well. Public and other documents use
// different tokens for the same word, and a document that is not public matches
// only together with a token of one of its readers. So neither results nor
// counts nor the time that a search takes tell of documents of others. Words
// are suggested ("did you mean") from public documents only.
//
// Sealed words (well-being, reports, reasons of advice) are never given to this
// package. What people search for is neither stored nor logged.
package search

import (
	"context"
	"embed"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/i18n"
)

// Migrations are the tables of this package.
//
//go:embed migrations
var Migrations embed.FS

// Messages are its texts.
//
//go:embed messages
var Messages embed.FS

// Public is the audience of documents that everybody may find.
const Public = "public"

// Doc is one thing that can be found.
type Doc struct {
	Kind, ID string              // "institution", "topic", "offer", "person"…
	Lang     i18n.Lang           // language of the text; "" is Polish
	Title    string              // at most 500 letters are kept
	Body     string              // more text: matched, weaker than the title; at most 100 000 bytes
	Codes    []string            // numbers found as a whole: RSPO, certificate number
	URL      string              // path of its page
	Note     string              // one line shown under the title, not matched
	Date     string              // YYYY-MM-DD or "", newer first
	Facets   map[string][]string // facet name -> values
	Audience []string            // "public", "inst:…", "role:…", "person:…"; nobody else finds or counts it; none: nobody
}

// Facet is a way to narrow the results of a kind.
type Facet struct {
	Name     string
	TitleKey string // message key
	// Label names values in the reader's language. Values it leaves out, and
	// all of them when Label is nil, are shown as they are.
	Label func(ctx context.Context, l *i18n.L, values []string) (map[string]string, error)
}

// Kind is what the results are grouped by.
type Kind struct {
	Name     string
	TitleKey string // title of the group: message key
	Rank     int    // smaller stands first; from 1 to 126, each once
	Facets   []Facet
	// Load reads those of the ids that still exist and are to be found.
	Load func(ctx context.Context, ids []string) ([]Doc, error)
	// After walks all ids in some lasting order: the n that follow the given one.
	After func(ctx context.Context, after string, n int) ([]string, error)
}

// Lemmatizer tells the base forms of a Polish word, folded as i18n.Fold does,
// sorted, each once. Of a word it does not know that is the folded word.
type Lemmatizer interface {
	Lemmas(word string) []string
}

// Config is what the service needs. Catalog and Now are those of every service;
// nothing here asks them yet.
type Config struct {
	DB      *db.DB
	Words   Lemmatizer
	Catalog *i18n.Catalog
	Now     func() time.Time
	Log     *slog.Logger
}

// Service indexes and finds. It is safe to use at once after wiring.
type Service struct {
	db    *db.DB
	index index
	words Lemmatizer
	log   *slog.Logger
	kinds []Kind // by rank
	most  int    // MostCounted; tests make it small
}

// New makes the service. Kinds are declared while the program is put together.
func New(c Config) *Service {
	return &Service{db: c.DB, index: index{c.DB.Engine() == db.Postgres}, words: c.Words, log: c.Log, most: MostCounted}
}

// Declare adds a kind. A rank or a name taken twice, or a rank out of bounds, is
// a mistake in the wiring and panics.
func (s *Service) Declare(k Kind) {
	if k.Name == "" || k.Rank < 1 || k.Rank > 126 || k.Load == nil || k.After == nil {
		panic(fmt.Sprintf("search: kind %q lacks a name, a rank from 1 to 126, or a way to be read", k.Name))
	}
	for _, other := range s.kinds {
		if other.Name == k.Name || other.Rank == k.Rank {
			panic(fmt.Sprintf("search: kinds %q and %q have the same name or rank %d", other.Name, k.Name, k.Rank))
		}
	}
	s.kinds = append(s.kinds, k)
	slices.SortFunc(s.kinds, func(a, b Kind) int { return a.Rank - b.Rank })
}

func (s *Service) kind(name string) (Kind, bool) {
	for _, k := range s.kinds {
		if k.Name == name {
			return k, true
		}
	}
	return Kind{}, false
}

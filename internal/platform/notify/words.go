package notify

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// item is a row of the inbox.
type item struct {
	ID        string `db:"id"`
	Topic     string `db:"topic"`
	Message   string `db:"message"`
	Args      string `db:"args"`
	Link      string `db:"link"`
	Urgent    bool   `db:"urgent"`
	CreatedAt int64  `db:"created_at"`
	ReadAt    *int64 `db:"read_at"`
}

func (i item) created() time.Time { return time.Unix(i.CreatedAt, 0) }

// title is the sentence in the reader's language. A text that a later version
// of the program no longer has is named by its topic.
func (s *Service) title(ctx context.Context, l *i18n.L, i item) string {
	if !s.catalog.Has(i.Message) {
		return s.topicName(l, i.Topic)
	}
	return l.T(i.Message, s.pairs(ctx, l, i)...)
}

// more is what the message says beside the sentence, "" for nothing.
func (s *Service) more(ctx context.Context, l *i18n.L, i item) string {
	if key := i.Message + "_text"; s.catalog.Has(key) {
		return l.T(key, s.pairs(ctx, l, i)...)
	}
	return ""
}

func (s *Service) topicName(l *i18n.L, topic string) string {
	if key := "topic." + topic; s.catalog.Has(key) {
		return l.T(key)
	}
	return topic
}

// pairs are the arguments as the language writes them.
func (s *Service) pairs(ctx context.Context, l *i18n.L, i item) []any {
	var args map[string]string
	if json.Unmarshal([]byte(i.Args), &args) != nil {
		return nil // we wrote it; should it be broken, the sentence shows its gaps
	}
	pairs := make([]any, 0, 2*len(args))
	for name, value := range args {
		pairs = append(pairs, name, s.written(ctx, l, name, value))
	}
	return pairs
}

func (s *Service) written(ctx context.Context, l *i18n.L, name, value string) string {
	switch {
	case strings.HasSuffix(name, "_date"):
		return l.DateText(value)
	case strings.HasSuffix(name, "_person"):
		// Kept as an id, so that who is erased is named no more.
		if a, err := s.people.Addressee(ctx, value); err == nil && a.Name != "" {
			return a.Name
		}
		return l.T("notify.nobody")
	case strings.HasSuffix(name, "_at"):
		if seconds, err := strconv.ParseInt(value, 10, 64); err == nil {
			return l.DateTime(time.Unix(seconds, 0).In(web.Warsaw))
		}
	}
	return value
}

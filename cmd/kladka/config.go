package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"text/tabwriter"

	"github.com/alecthomas/kong"

	"kladka/internal/platform/db"
)

// fileSettings are the settings of the optional file: names as of the flags.
type fileSettings map[string]any

// settingsFile reads the file named by --config or KLADKA_CONFIG, before the
// flags are parsed, because its values are defaults for them.
func settingsFile(args []string) (fileSettings, error) {
	path := os.Getenv("KLADKA_CONFIG")
	for i, a := range args {
		if value, ok := strings.CutPrefix(a, "--config="); ok {
			path = value
		} else if a == "--config" && i+1 < len(args) {
			path = args[i+1]
		}
	}
	if path == "" {
		return nil, nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var f fileSettings
	if err := json.Unmarshal(data, &f); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if _, ok := f["demo"]; ok {
		return nil, errors.New(path + `: "demo" is a flag only, so that nobody serves invented data by mistake`)
	}
	return f, nil
}

// Validate finds settings in the file that do not exist.
func (f fileSettings) Validate(app *kong.Application) error {
	known := map[string]bool{}
	_ = kong.Visit(app, func(node kong.Visitable, next kong.Next) error {
		if flag, ok := node.(*kong.Flag); ok {
			known[flag.Name] = true
		}
		return next(nil)
	})
	for name := range f {
		if !known[name] {
			return fmt.Errorf("settings file: there is no setting %q", name)
		}
	}
	return nil
}

// Resolve gives a flag its value from the file.
func (f fileSettings) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	value, ok := f[flag.Name]
	if !ok {
		return nil, nil
	}
	return value, nil
}

// origins tells where the value of a setting came from.
type origins struct {
	file fileSettings
	path *kong.Context
}

func (o *origins) of(flag *kong.Flag) string {
	for _, p := range o.path.Path {
		if p.Flag != nil && p.Flag.Name == flag.Name && !p.Resolved {
			return "flag"
		}
	}
	for _, env := range flag.Envs {
		if _, ok := os.LookupEnv(env); ok {
			return "environment " + env
		}
	}
	if _, ok := o.file[flag.Name]; ok {
		return "file"
	}
	return "default"
}

type configCmd struct{}

// Run prints every setting. The password of a database address is hidden.
func (configCmd) Run(_ context.Context, _ *Common, s *streams, o *origins) error {
	w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "SETTING\tVALUE\tORIGIN\tMEANING")
	seen := map[string]bool{}
	err := kong.Visit(o.path.Model, func(node kong.Visitable, next kong.Next) error {
		flag, ok := node.(*kong.Flag)
		if !ok || seen[flag.Name] || len(flag.Envs) == 0 {
			return next(nil)
		}
		seen[flag.Name] = true
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", flag.Name, shown(flag, o), o.of(flag), flag.Help)
		return next(nil)
	})
	return errors.Join(err, w.Flush())
}

// shown is the value as it would be used: flags of other commands are not
// parsed here, so their value is looked up where it would come from.
func shown(flag *kong.Flag, o *origins) string {
	value := fmt.Sprint(flag.Target.Interface())
	for _, env := range flag.Envs {
		if v, ok := os.LookupEnv(env); ok {
			value = v
		}
	}
	if v, ok := o.file[flag.Name]; ok && o.of(flag) == "file" {
		value = fmt.Sprint(v)
	}
	if value == "" && flag.HasDefault {
		value = flag.Default
	}
	if flag.Name == "database" && value != "" {
		value = db.Redact(value)
	}
	if flag.Name == "mail-password" && value != "" {
		value = "xxxxx"
	}
	if value == "" {
		value = "–"
	}
	return value
}

type versionCmd struct{}

// Run prints the version of the program and of Go.
func (versionCmd) Run(s *streams) error {
	info, ok := debug.ReadBuildInfo()
	version, revision := "unreleased", ""
	if ok {
		if info.Main.Version != "" && info.Main.Version != "(devel)" {
			version = info.Main.Version
		}
		for _, set := range info.Settings {
			if set.Key == "vcs.revision" {
				revision = " " + set.Value[:min(12, len(set.Value))]
			}
		}
	}
	fmt.Fprintf(s.out, "kladka %s%s %s\n", version, revision, info.GoVersion)
	return nil
}

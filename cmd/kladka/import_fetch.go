package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"kladka/internal/directory/registerapi"
)

// importFetchCmd asks the register's own service and writes what it says into
// a file, which "import rspo" then reads like any other: taking in never needs
// the network.
type importFetchCmd struct {
	File         string             `arg:"" type:"path" help:"File to write (JSON). One that is there already is not overwritten."`
	API          string             `name:"api" required:"" env:"KLADKA_REGISTER_API" placeholder:"URL" help:"Address of the register's API."`
	Login        string             `env:"KLADKA_REGISTER_API_LOGIN" help:"Login, when the API asks for one."`
	Password     registerapi.Secret `env:"KLADKA_REGISTER_API_PASSWORD" help:"Password; best in the environment."`
	Token        registerapi.Secret `env:"KLADKA_REGISTER_API_TOKEN" help:"Token instead of login and password."`
	Voivodeship  string             `help:"Only this voivodeship, by its code."`
	County       string             `help:"Only this county."`
	Municipality string             `help:"Only this municipality."`
}

// Run fetches page by page and puts the file in place when it is whole.
func (cmd *importFetchCmd) Run(ctx context.Context, s *streams) error {
	if _, err := os.Lstat(cmd.File); err == nil {
		return fmt.Errorf("%s is there already", cmd.File)
	}
	part, result, err := registerapi.Temp(ctx, registerapi.Config{Base: cmd.API, Login: cmd.Login, Password: cmd.Password, Token: cmd.Token,
		Voivodeship: cmd.Voivodeship, County: cmd.County, Municipality: cmd.Municipality,
		Progress: func(pages, rows int) { fmt.Fprintf(s.err, "\rpage %d, %d institutions", pages, rows) }}, filepath.Dir(cmd.File))
	if err != nil {
		return err
	}
	if err := os.Rename(part, cmd.File); err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.out, "\n%s: %d institutions in %d pages. Next: kladka import rspo %s\n", cmd.File, result.Rows, result.Pages, cmd.File)
	return err
}

package main

import (
	"fmt"
	"strconv"
	"strings"

	"pcaptriage/analyzers"
)

// disclosures are the flags that lift the masking of personal data, by the name
// of the option that they set in every analyzer that has it. They hold for one
// run only: a configuration file must not set them, and each report says that
// they were given.
var disclosures = [...]struct{ option, what string }{
	{"show-subscribers", "subscribers"},
	{"show-content", "content"},
}

// isDisclosure reports whether an option (of a flag's or of an analyzer's name)
// lifts masking.
func isDisclosure(option string) bool {
	for _, d := range disclosures {
		if d.option == option {
			return true
		}
	}
	return false
}

// refuseDisclosure is the error for a disclosure in a configuration file.
func refuseDisclosure(option string) error {
	return fmt.Errorf("option %s shows personal data and is taken from the command line only", option)
}

// disclose adds the options that --show-subscribers and --show-content stand for
// to the settings of the analyzers that run.
func (fl *analyzeFlags) disclose(set map[string]string, chosen []*analyzers.Analyzer) {
	for option, given := range map[string]bool{"show-subscribers": fl.showSubscribers, "show-content": fl.showContent} {
		if !given {
			continue
		}
		for _, a := range chosen {
			if _, err := a.NewConfig(map[string]string{option: "true"}); err == nil {
				set[a.Name+"."+option] = "true"
			}
		}
	}
}

// disclosed lists what the settings disclose, for the report's header.
func disclosed(set map[string]string) (what []string) {
	for _, d := range disclosures {
		for key, value := range set {
			on, err := strconv.ParseBool(value)
			if err == nil && on && strings.HasSuffix(key, "."+d.option) {
				what = append(what, d.what)
				break
			}
		}
	}
	return what
}

// Package sariftest checks SARIF in tests. The OASIS schema is not shipped with
// the project, so schema states in its own words what the standard (SARIF 2.1.0,
// OASIS Standard, 27 March 2020) and code scanning ask of the part that
// pcaptriage writes, and allows nothing else.
package sariftest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"unicode"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

const schema = `{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "type": "object", "additionalProperties": false, "required": ["$schema", "version", "runs"],
  "properties": {
    "$schema": {"type": "string", "pattern": "sarif-schema-2\\.1\\.0\\.json$"},
    "version": {"const": "2.1.0"},
    "runs": {"type": "array", "minItems": 1, "maxItems": 20, "items": {"$ref": "#/$defs/run"}}
  },
  "$defs": {
    "text": {"type": "string", "minLength": 1},
    "level": {"enum": ["error", "warning", "note"]},
    "message": {"type": "object", "additionalProperties": false, "required": ["text"],
      "properties": {"text": {"$ref": "#/$defs/text"}, "markdown": {"$ref": "#/$defs/text"}}},
    "description": {"allOf": [{"$ref": "#/$defs/message"}], "properties": {"text": {"maxLength": 1024}}},
    "run": {"type": "object", "additionalProperties": false, "required": ["tool", "results", "invocations", "columnKind"],
      "properties": {
        "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
        "tool": {"type": "object", "additionalProperties": false, "required": ["driver"], "properties": {"driver": {
          "type": "object", "additionalProperties": false, "required": ["name", "version"],
          "properties": {"name": {"const": "pcaptriage"}, "version": {"$ref": "#/$defs/text"},
            "rules": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/rule"}}}}}},
        "invocations": {"type": "array", "minItems": 1, "maxItems": 1, "items": {
          "type": "object", "additionalProperties": false, "required": ["executionSuccessful"],
          "properties": {"executionSuccessful": {"type": "boolean"},
            "toolExecutionNotifications": {"type": "array", "minItems": 1, "items": {
              "type": "object", "additionalProperties": false, "required": ["level", "message"],
              "properties": {"level": {"$ref": "#/$defs/level"}, "message": {"$ref": "#/$defs/message"},
                "locations": {"type": "array", "items": {"$ref": "#/$defs/location"}}}}}}}},
        "results": {"type": "array", "maxItems": 25000, "items": {"$ref": "#/$defs/result"}}
      }},
    "rule": {"type": "object", "additionalProperties": false, "required": ["id"],
      "properties": {
        "id": {"type": "string", "pattern": "^[a-z][a-z0-9]*(-[a-z0-9]+)*$"}, "name": {"type": "string", "pattern": "^[A-Z][A-Za-z0-9]*$"},
        "shortDescription": {"$ref": "#/$defs/description"}, "fullDescription": {"$ref": "#/$defs/description"},
        "help": {"allOf": [{"$ref": "#/$defs/message"}], "required": ["text", "markdown"]},
        "defaultConfiguration": {"type": "object", "additionalProperties": false, "required": ["level"], "properties": {"level": {"$ref": "#/$defs/level"}}},
        "properties": {"type": "object", "properties": {"tags": {"type": "array", "uniqueItems": true, "items": {"type": "string"}}}}
      }},
    "result": {"type": "object", "additionalProperties": false,
      "required": ["ruleId", "ruleIndex", "level", "message", "locations", "partialFingerprints"],
      "properties": {
        "ruleId": {"$ref": "#/$defs/text"}, "ruleIndex": {"type": "integer", "minimum": 0}, "level": {"$ref": "#/$defs/level"},
        "message": {"$ref": "#/$defs/message"},
        "locations": {"type": "array", "minItems": 1, "maxItems": 1, "items": {"$ref": "#/$defs/location"}},
        "relatedLocations": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/location"}},
        "partialFingerprints": {"type": "object", "minProperties": 1, "additionalProperties": {"$ref": "#/$defs/text"},
          "required": ["primaryLocationLineHash"], "properties": {"primaryLocationLineHash": {"pattern": "^[0-9a-f]+:[0-9]+$"}}},
        "occurrenceCount": {"type": "integer", "minimum": 1},
        "properties": {"type": "object"}
      }},
    "location": {"type": "object", "additionalProperties": false, "required": ["physicalLocation"],
      "properties": {
        "physicalLocation": {"type": "object", "additionalProperties": false, "required": ["artifactLocation", "region"],
          "properties": {
            "artifactLocation": {"type": "object", "additionalProperties": false, "required": ["uri"], "properties": {"uri": {"$ref": "#/$defs/text"}}},
            "region": {"type": "object", "additionalProperties": false, "required": ["startLine"],
              "properties": {"startLine": {"type": "integer", "minimum": 1}, "startColumn": {"type": "integer", "minimum": 1}}}}},
        "logicalLocations": {"type": "array", "minItems": 1, "items": {"type": "object", "additionalProperties": false,
          "required": ["name", "fullyQualifiedName", "kind"],
          "properties": {"name": {"$ref": "#/$defs/text"}, "fullyQualifiedName": {"$ref": "#/$defs/text"}, "kind": {"enum": ["flow", "capture"]}}}},
        "message": {"$ref": "#/$defs/message"}
      }}
  }
}`

// Check says what is wrong with a SARIF log, nil when nothing is: the schema's
// rules, and those that a schema cannot state.
func Check(doc []byte) error {
	if err := validate(doc); err != nil {
		return err
	}
	var log struct {
		Runs []struct {
			Tool struct {
				Driver struct{ Rules []struct{ ID string } }
			}
			Results []struct {
				RuleID    string `json:"ruleId"`
				RuleIndex int    `json:"ruleIndex"`
				Locations []struct {
					PhysicalLocation struct {
						ArtifactLocation struct{ URI string }
					}
				}
			}
		}
	}
	if err := json.Unmarshal(doc, &log); err != nil {
		return err
	}
	var errs []error
	for _, run := range log.Runs {
		ids := map[string]bool{}
		for _, r := range run.Tool.Driver.Rules {
			if ids[r.ID] {
				errs = append(errs, fmt.Errorf("rule %s is described twice", r.ID))
			}
			ids[r.ID] = true
		}
		for i, r := range run.Results {
			if rules := run.Tool.Driver.Rules; r.RuleIndex >= len(rules) || rules[r.RuleIndex].ID != r.RuleID {
				errs = append(errs, fmt.Errorf("result %d: rule %d is not %s (3.27.6)", i, r.RuleIndex, r.RuleID))
			}
			for _, l := range r.Locations {
				uri := l.PhysicalLocation.ArtifactLocation.URI
				if _, err := url.Parse(uri); err != nil || strings.ContainsAny(uri, " \\\"<>^`{|}") {
					errs = append(errs, fmt.Errorf("result %d: %q is no URI reference", i, uri))
				}
			}
		}
	}
	for _, r := range string(doc) {
		if !unicode.IsPrint(r) && r != '\n' {
			errs = append(errs, fmt.Errorf("character %U", r))
		}
	}
	return errors.Join(errs...)
}

func validate(doc []byte) error {
	def, err := jsonschema.UnmarshalJSON(strings.NewReader(schema))
	if err != nil {
		return err
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("mem:///sarif", def); err != nil {
		return err
	}
	s, err := c.Compile("mem:///sarif")
	if err != nil {
		return err
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(doc))
	if err != nil {
		return err
	}
	return s.Validate(v)
}

// Reads records from standard input as the CloudEvents SDK of Go does, and says what it refuses:
// one sentence a record, empty when all is well.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/cloudevents/sdk-go/protocol/kafka_sarama/v2"
	"github.com/cloudevents/sdk-go/v2/binding"
)

type record struct {
	Headers map[string][]byte `json:"headers"`
	Value   []byte            `json:"value"`
}

func main() {
	var records []record
	if err := json.NewDecoder(os.Stdin).Decode(&records); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	complaints := make([]string, len(records))
	for place, found := range records {
		complaints[place] = complaint(found)
	}
	if err := json.NewEncoder(os.Stdout).Encode(complaints); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func complaint(found record) string {
	contentType := string(found.Headers["content-type"])
	message := kafka_sarama.NewMessage(found.Value, contentType, found.Headers)
	event, err := binding.ToEvent(context.Background(), message)
	if err == nil {
		err = event.Validate()
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

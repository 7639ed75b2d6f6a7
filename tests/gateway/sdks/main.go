package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	stripe "github.com/stripe/stripe-go/v86"
)

type told struct {
	Forward  []string `json:"forward"`
	Backward []string `json:"backward"`
	Again    string   `json:"again"`
	Missing  string   `json:"missing"`
	Status   int      `json:"status"`
}

func main() {
	url, token := os.Args[1], os.Args[2]
	config := &stripe.BackendConfig{URL: stripe.String(url), MaxNetworkRetries: stripe.Int64(0)}
	client := stripe.NewClient(token, stripe.WithBackends(stripe.NewBackendsWithConfig(config)))
	ctx := context.Background()
	out := told{}
	params := &stripe.CheckoutSessionListParams{}
	params.Limit = stripe.Int64(7)
	for session, err := range client.V1CheckoutSessions.List(ctx, params).All(ctx) {
		if err != nil {
			panic(err)
		}
		out.Forward = append(out.Forward, session.ID)
	}
	back := &stripe.CheckoutSessionListParams{}
	back.Limit = stripe.Int64(7)
	back.EndingBefore = stripe.String(out.Forward[len(out.Forward)-1])
	for session, err := range client.V1CheckoutSessions.List(ctx, back).All(ctx) {
		if err != nil {
			panic(err)
		}
		out.Backward = append(out.Backward, session.ID)
	}
	again, err := client.V1CheckoutSessions.Retrieve(ctx, out.Forward[0], nil)
	if err != nil {
		panic(err)
	}
	out.Again = again.ID
	_, err = client.V1CheckoutSessions.Retrieve(ctx, "cs_test_nothing", nil)
	var failure *stripe.Error
	if errors.As(err, &failure) {
		out.Missing, out.Status = string(failure.Code), failure.HTTPStatusCode
	}
	written, _ := json.Marshal(out)
	fmt.Println(string(written))
}

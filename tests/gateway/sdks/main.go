package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"

	stripe "github.com/stripe/stripe-go/v86"
)

type told struct {
	Forward  []string `json:"forward"`
	Backward []string `json:"backward"`
	Again    string   `json:"again"`
	Missing  string   `json:"missing"`
	Status   int      `json:"status"`
}

// Walks with each token, by pages of as many sessions as stands behind it. Writes a line of JSON for each.
func main() {
	for at := 2; at < len(os.Args); at += 2 {
		limit, err := strconv.ParseInt(os.Args[at+1], 10, 64)
		if err != nil {
			panic(err)
		}
		written, _ := json.Marshal(walked(os.Args[1], os.Args[at], limit))
		fmt.Println(string(written))
	}
}

func walked(url string, token string, limit int64) told {
	config := &stripe.BackendConfig{URL: stripe.String(url), MaxNetworkRetries: stripe.Int64(0)}
	client := stripe.NewClient(token, stripe.WithBackends(stripe.NewBackendsWithConfig(config)))
	ctx := context.Background()
	out := told{}
	params := &stripe.CheckoutSessionListParams{}
	params.Limit = stripe.Int64(limit)
	for session, err := range client.V1CheckoutSessions.List(ctx, params).All(ctx) {
		if err != nil {
			panic(err)
		}
		out.Forward = append(out.Forward, session.ID)
	}
	back := &stripe.CheckoutSessionListParams{}
	back.Limit = stripe.Int64(limit)
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
	return out
}

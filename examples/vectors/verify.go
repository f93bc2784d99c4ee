// go run verify.go [vectors.json]: signs each vector as a proxy in Go would, and compares.
package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"
)

type vectors struct {
	Signatures []struct {
		Name, Secret, Ts, Body, Signature string
		BodyTimes                         int `json:"body_times"`
	}
	Stamps []struct {
		Stamp string
		Valid bool
	}
}

var stamp = regexp.MustCompile(`^\d{13}-[0-9a-z]{4}-.{1,32}-[0-9a-z]{6}$`)

// sign takes the bytes of the request as io.ReadAll gives them, never a struct that was marshalled again.
func sign(secret, ts string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(ts + "."))
	mac.Write(body)
	return hex.EncodeToString(mac.Sum(nil))
}

func main() {
	path := "../../src/contract/vectors.json"
	if len(os.Args) > 1 {
		path = os.Args[1]
	}
	file, err := os.ReadFile(path)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	var all vectors
	if err := json.Unmarshal(file, &all); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	wrong := 0
	for _, v := range all.Signatures {
		body := []byte(strings.Repeat(v.Body, v.BodyTimes))
		if !hmac.Equal([]byte(sign(v.Secret, v.Ts, body)), []byte(v.Signature)) {
			fmt.Println("wrong:", v.Name)
			wrong++
		}
	}
	for _, v := range all.Stamps {
		if stamp.MatchString(v.Stamp) != v.Valid {
			fmt.Println("wrong: stamp", v.Stamp)
			wrong++
		}
	}
	fmt.Printf("%d signatures and %d stamps, %d wrong\n", len(all.Signatures), len(all.Stamps), wrong)
	if wrong > 0 {
		os.Exit(1)
	}
}

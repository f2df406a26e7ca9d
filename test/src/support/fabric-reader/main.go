// SPDX-License-Identifier: Apache-2.0

// Command main says how Fabric's own code reads bytes that other hospitals write. It takes a JSON list of
// {"kind": …, "bytes": base64} and gives a list of readings in the same order; null where Fabric refuses the bytes.
package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"os"

	"github.com/golang/protobuf/proto"
	"github.com/hyperledger/fabric-protos-go/common"
	"github.com/hyperledger/fabric-protos-go/msp"
	"github.com/hyperledger/fabric-protos-go/peer"
	"github.com/hyperledger/fabric/protoutil"
)

type question struct {
	Kind  string `json:"kind"`
	Bytes []byte `json:"bytes"`
}

func main() {
	var questions []question
	if err := json.NewDecoder(os.Stdin).Decode(&questions); err != nil {
		panic(err)
	}
	readings := make([]any, len(questions))
	for at, asked := range questions {
		readings[at] = readers[asked.Kind](asked.Bytes)
	}
	if err := json.NewEncoder(os.Stdout).Encode(readings); err != nil {
		panic(err)
	}
}

var readers = map[string]func([]byte) any{
	"envelope":    readEnvelope,
	"transaction": readTransaction,
	"metadata":    readMetadata,
	"identity":    readIdentity,
	"msp":         readMsp,
	"pem":         readPem,
}

func readEnvelope(bytes []byte) any {
	envelope, err := protoutil.UnmarshalEnvelope(bytes)
	if err != nil {
		return nil
	}
	payload, err := protoutil.UnmarshalPayload(envelope.Payload)
	if err != nil {
		return nil
	}
	header, err := protoutil.UnmarshalChannelHeader(payload.GetHeader().GetChannelHeader())
	if err != nil {
		return nil
	}
	return map[string]any{"type": header.Type, "txId": header.TxId, "data": hex.EncodeToString(payload.Data)}
}

func readTransaction(bytes []byte) any {
	transaction, err := protoutil.UnmarshalTransaction(bytes)
	if err != nil || len(transaction.Actions) == 0 {
		return nil
	}
	payload, err := protoutil.UnmarshalChaincodeActionPayload(transaction.Actions[0].Payload)
	if err != nil || payload.Action == nil {
		return nil
	}
	proposed, err := protoutil.UnmarshalProposalResponsePayload(payload.Action.ProposalResponsePayload)
	if err != nil {
		return nil
	}
	action, err := protoutil.UnmarshalChaincodeAction(proposed.Extension)
	if err != nil {
		return nil
	}
	event := &peer.ChaincodeEvent{}
	if err := proto.Unmarshal(action.Events, event); err != nil {
		return nil
	}
	return map[string]any{
		"chaincode": event.ChaincodeId,
		"event":     event.EventName,
		"payload":   hex.EncodeToString(event.Payload),
		"answer":    hex.EncodeToString(action.GetResponse().GetPayload()),
	}
}

func readMetadata(bytes []byte) any {
	metadata := &common.Metadata{}
	if err := proto.Unmarshal(bytes, metadata); err != nil {
		return nil
	}
	signatures := []string{}
	for _, each := range metadata.Signatures {
		signatures = append(signatures, hex.EncodeToString(each.SignatureHeader)+":"+hex.EncodeToString(each.Signature))
	}
	return map[string]any{"value": hex.EncodeToString(metadata.Value), "signatures": signatures}
}

func readIdentity(bytes []byte) any {
	identity := &msp.SerializedIdentity{}
	if err := proto.Unmarshal(bytes, identity); err != nil {
		return nil
	}
	return map[string]any{"mspId": identity.Mspid, "certificate": hex.EncodeToString(identity.IdBytes)}
}

func readMsp(bytes []byte) any {
	config := &msp.FabricMSPConfig{}
	if err := proto.Unmarshal(bytes, config); err != nil {
		return nil
	}
	return map[string]any{
		"name":           config.Name,
		"rootCerts":      hexAll(config.RootCerts),
		"tlsRootCerts":   hexAll(config.TlsRootCerts),
		"revocationList": hexAll(config.RevocationList),
	}
}

// As msp.getCertFromPem reads a certificate, up to its bytes.
func readPem(bytes []byte) any {
	block, _ := pem.Decode(bytes)
	if block == nil {
		return nil
	}
	digest := sha256.Sum256(block.Bytes)
	return map[string]any{"sha256": hex.EncodeToString(digest[:])}
}

func hexAll(all [][]byte) []string {
	texts := []string{}
	for _, each := range all {
		texts = append(texts, hex.EncodeToString(each))
	}
	return texts
}

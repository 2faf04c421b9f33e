#!/usr/bin/env dotnet
#:project ../src/Purser.Ethereum/Purser.Ethereum.csproj

// Reads a token, sends some of it and decodes the event, with Purser.Ethereum alone. `./purser up` brings a chain and a token:
//   dotnet run samples/transfer.cs -- http://127.0.0.1:8545 <address of TestUSD> <address that gains> 1.50
// <transfer>
using Purser.Ethereum;
using Purser.Ethereum.Rpc;

using var http = new HttpClient();
var chain = new JsonRpcChain(http, new Uri(args[0]), TimeProvider.System);
var token = new Contract(chain, Address.Parse(args[1]),
    "function symbol() returns (string)",
    "function decimals() returns (uint8)",
    "function balanceOf(address owner) returns (uint256)",
    "function transfer(address to, uint256 value) returns (bool)",
    "event Transfer(address indexed from, address indexed to, uint256 value)");
using var root = HdKey.FromMnemonic("test test test test test test test test test test test junk"); // the development accounts
using var key = root.Derive("m/44'/60'/0'/0/2");

var (symbol, decimals) = (await token.CallAsync<string>("symbol"), (int)await token.CallAsync<UInt256>("decimals"));
var balance = await token.CallAsync<UInt256>("balanceOf", key.Address);
Console.WriteLine($"{key.Address} holds {DecimalText.Format(balance, decimals)} {symbol}");

var amount = DecimalText.Parse(args[3], decimals);
var transaction = await token.PrepareAsync(key.Address, "transfer", Address.Parse(args[2]), amount); // nonce, gas and fees
var hash = await chain.SendAsync(transaction.Sign(key));
var receipt = await chain.WaitForReceiptAsync(hash, TimeProvider.System, TimeSpan.FromMinutes(1));
var moved = token.EventsIn(receipt).Single(e => e.Name == "Transfer");
Console.WriteLine($"block {receipt.BlockNumber}: {moved["from"]} sent {DecimalText.Format(moved.Get<UInt256>("value"), decimals)} {symbol} to {moved["to"]}");
// </transfer>

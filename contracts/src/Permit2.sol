// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AllowanceTransfer} from "./permit2/AllowanceTransfer.sol";
import {SignatureTransfer} from "./permit2/SignatureTransfer.sol";

/// @title Permit2 in our own code, for test chains, where tools expect it: 0x000000000022D473030F116dDEE9F6B43aC78BA3
/// @notice Same functions, events, errors and EIP-712 types as the contract at that address on public networks.
contract Permit2 is SignatureTransfer, AllowanceTransfer {}

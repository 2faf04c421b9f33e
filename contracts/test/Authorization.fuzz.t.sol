// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {TestUSD} from "../src/TestUSD.sol";
import {Authorization, TokenTest} from "./support/TokenTest.sol";

/// @title Signed payments under inputs that nobody chose
contract AuthorizationFuzzTest is TokenTest {
    /// @dev An authorization that holds now and that the payer can pay, whatever the inputs.
    function holding(uint256 value, uint256 validAfter, uint256 validBefore, bytes32 nonce, address to)
        private
        view
        returns (Authorization memory)
    {
        vm.assume(to != address(0));
        return Authorization(
            payer,
            to,
            bound(value, 0, FUNDS),
            bound(validAfter, 0, NOW - 1),
            bound(validBefore, NOW + 1, type(uint256).max),
            nonce
        );
    }

    function attempt(Kind kind, Authorization memory a, bytes memory signature) private returns (bool paid) {
        try this.payOutside(kind, a, signature) {
            paid = true;
        } catch {}
    }

    /// @dev `pay` behind a call, so that its revert can be caught.
    function payOutside(Kind kind, Authorization memory a, bytes memory signature) external {
        pay(kind, a, signature);
    }

    function testFuzz_WhatIsSignedAndHoldsIsPaid(
        bool receive_,
        bool packed,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        address to
    ) public {
        (Kind kind, Authorization memory a) =
            (Kind(receive_ ? 1 : 0), holding(value, validAfter, validBefore, nonce, to));
        form = Form(packed ? 1 : 0);
        pay(kind, a, sign(payerKey, paymentDigest(kind, a)));

        vm.assertEq(token.balanceOf(to), to == payer ? FUNDS : a.value, "payee's balance");
        vm.assertEq(token.balanceOf(payer), to == payer ? FUNDS : FUNDS - a.value, "payer's balance");
        vm.assertTrue(token.authorizationState(payer, nonce), "nonce");
    }

    function testFuzz_AnyMutatedFieldIsRefused(
        bool receive_,
        bool packed,
        uint8 field,
        uint256 mutation,
        uint256 value,
        bytes32 nonce
    ) public {
        Kind kind = Kind(receive_ ? 1 : 0);
        form = Form(packed ? 1 : 0);
        Authorization memory a = holding(value, NOW / 2, NOW * 2, nonce, payee);
        bytes memory signature = sign(payerKey, paymentDigest(kind, a));

        // Mutations stay inside what is otherwise in order, so that only the signature can refuse them.
        Authorization memory m = Authorization(a.from, a.to, a.value, a.validAfter, a.validBefore, a.nonce);
        field = uint8(bound(field, 0, 5));
        if (field == 0) m.from = address(uint160(mutation));
        if (field == 1) m.to = address(uint160(mutation));
        if (field == 2) m.value = mutation;
        if (field == 3) m.validAfter = bound(mutation, 0, NOW - 1);
        if (field == 4) m.validBefore = bound(mutation, NOW + 1, type(uint256).max);
        if (field == 5) m.nonce = bytes32(mutation);
        vm.assume(keccak256(abi.encode(m)) != keccak256(abi.encode(a)));
        vm.assume(m.from.code.length == 0);

        expectReason(INVALID);
        pay(kind, m, signature);
        assertUntouched(a);
    }

    function testFuzz_AnyFlippedBitOfTheSignatureIsRefused(bool receive_, bool packed, uint256 bit, bytes32 nonce)
        public
    {
        Kind kind = Kind(receive_ ? 1 : 0);
        form = Form(packed ? 1 : 0);
        Authorization memory a = authorization();
        a.nonce = nonce;
        bytes memory signature = sign(payerKey, paymentDigest(kind, a));
        bit = bound(bit, 0, 65 * 8 - 1);
        signature[bit / 8] ^= bytes1(uint8(1 << (bit % 8)));

        vm.assertFalse(attempt(kind, a, signature), "payment");
        assertUntouched(a);
    }

    function testFuzz_RandomBytesAreNoSignature(bool receive_, bytes calldata signature) public {
        form = Form.Packed;
        Authorization memory a = authorization();
        vm.assertFalse(attempt(Kind(receive_ ? 1 : 0), a, signature), "payment");
        assertUntouched(a);
    }

    function testFuzz_PaidOnlyInsideTheWindow(bool receive_, uint256 validAfter, uint256 validBefore, uint256 time)
        public
    {
        Kind kind = Kind(receive_ ? 1 : 0);
        time = bound(time, 1, type(uint64).max);
        // Both ends near the time of the block in half of the runs, where an error of one would show.
        if (time % 2 == 0) {
            validAfter = bound(validAfter, time - 1, time + 1);
            validBefore = bound(validBefore, time - 1, time + 1);
        }
        vm.warp(time);
        Authorization memory a = authorization();
        (a.validAfter, a.validBefore) = (validAfter, validBefore);

        bool paid = attempt(kind, a, sign(payerKey, paymentDigest(kind, a)));
        vm.assertEq(paid, validAfter < time && time < validBefore, "payment");
    }

    function testFuzz_PaidOnlyOutOfTheBalance(bool receive_, uint256 value) public {
        Kind kind = Kind(receive_ ? 1 : 0);
        Authorization memory a = authorization();
        a.value = value % 2 == 0 ? bound(value, FUNDS - 2, FUNDS + 2) : value;
        vm.assertEq(attempt(kind, a, sign(payerKey, paymentDigest(kind, a))), a.value <= FUNDS, "payment");
        vm.assertEq(token.balanceOf(payee), a.value <= FUNDS ? a.value : 0, "payee's balance");
    }

    function testFuzz_AnotherDomainIsRefused(bool receive_, uint64 chain, address verifyingContract) public {
        Kind kind = Kind(receive_ ? 1 : 0);
        Authorization memory a = authorization();
        chain = uint64(bound(chain, 1, type(uint64).max - 1));
        vm.assume(chain != block.chainid || verifyingContract != address(token));
        bytes32 typeHash = kind == Kind.Transfer
            ? token.TRANSFER_WITH_AUTHORIZATION_TYPEHASH()
            : token.RECEIVE_WITH_AUTHORIZATION_TYPEHASH();
        bytes32 structHash =
            keccak256(abi.encode(typeHash, a.from, a.to, a.value, a.validAfter, a.validBefore, a.nonce));

        uint256 home = block.chainid;
        vm.chainId(chain);
        bytes32 foreign = keccak256(abi.encodePacked(hex"1901", domainSeparator(verifyingContract), structHash));
        vm.chainId(home);
        bytes memory signature = sign(payerKey, foreign);
        expectReason(INVALID);
        pay(kind, a, signature);
    }

    function testFuzz_AnotherSignerIsRefused(bool receive_, uint32 signer) public {
        Kind kind = Kind(receive_ ? 1 : 0);
        signer = uint32(bound(signer, 1, type(uint32).max >> 1));
        Authorization memory a = authorization();
        bytes memory signature = sign(key(signer), paymentDigest(kind, a));
        expectReason(INVALID);
        pay(kind, a, signature);
    }

    function testFuzz_TransferNeverMakesOrLosesMoney(address to, uint256 value) public {
        vm.assume(to != address(0) && to != payer);
        vm.prank(payer);
        try token.transfer(to, value) {
            vm.assertEq(token.balanceOf(to), value, "payee's balance");
            vm.assertEq(token.balanceOf(payer), FUNDS - value, "payer's balance");
        } catch {
            vm.assertTrue(value > FUNDS, "refused within the balance");
            vm.assertEq(token.balanceOf(payer), FUNDS, "payer's balance");
        }
        vm.assertEq(token.totalSupply(), FUNDS, "total supply");
    }

    function testFuzz_AnotherTokenOfOursIsAnotherDomain(address minter) public {
        vm.assume(minter != address(0));
        vm.assertTrue(new TestUSD(minter).DOMAIN_SEPARATOR() != token.DOMAIN_SEPARATOR(), "separators");
    }
}

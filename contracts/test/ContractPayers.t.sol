// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {HostileWallet} from "./payers/HostileWallet.sol";
import {OwnerSignedWallet} from "./payers/OwnerSignedWallet.sol";
import {Authorization, TokenTest} from "./support/TokenTest.sol";

/// @title Payers that are contracts (ERC-1271), honest and hostile
contract ContractPayersTest is TokenTest {
    OwnerSignedWallet private wallet;
    OwnerSignedWallet private pair;

    function setUp() public override {
        super.setUp();
        wallet = new OwnerSignedWallet(owners(1));
        pair = new OwnerSignedWallet(owners(2));
        token.mint(address(wallet), FUNDS);
        token.mint(address(pair), FUNDS);
    }

    function owners(uint32 count) private pure returns (address[] memory list) {
        list = new address[](count);
        for (uint32 i = 0; i < count; i++) {
            list[i] = vm.addr(key(10 + i));
        }
    }

    function signPair(bytes32 hash) private pure returns (bytes memory) {
        return bytes.concat(sign(key(10), hash), sign(key(11), hash));
    }

    function from(address account) private view returns (Authorization memory a) {
        a = authorization();
        a.from = account;
    }

    function test_WalletPaysInBothFormsAndBothKinds() public inBothForms {
        for (uint256 k = 0; k < 2; k++) {
            Authorization memory a = from(address(wallet));
            a.nonce = bytes32(k);
            pay(Kind(k), a, sign(key(10), paymentDigest(Kind(k), a)));
            vm.assertTrue(token.authorizationState(address(wallet), a.nonce), "nonce");
        }
        vm.assertEq(token.balanceOf(payee), 50e6, "payee's balance");
        vm.assertEq(token.balanceOf(address(wallet)), FUNDS - 50e6, "wallet's balance");
    }

    function test_WalletCancelsAndPermitsInBothForms() public inBothForms {
        cancel(address(wallet), bytes32("c"), sign(key(10), cancelDigest(address(wallet), bytes32("c"))));
        vm.assertTrue(token.authorizationState(address(wallet), bytes32("c")), "nonce");

        permit(address(wallet), stranger, 9, NOW, sign(key(10), permitDigest(address(wallet), stranger, 9, 0, NOW)));
        vm.assertEq(token.allowance(address(wallet), stranger), 9, "allowance");
    }

    function test_LongSignaturesPassAsBytes() public {
        form = Form.Packed;
        for (uint256 k = 0; k < 2; k++) {
            Authorization memory a = from(address(pair));
            a.nonce = bytes32(k);
            pay(Kind(k), a, signPair(paymentDigest(Kind(k), a)));
        }
        cancel(address(pair), bytes32("c"), signPair(cancelDigest(address(pair), bytes32("c"))));
        permit(address(pair), stranger, 9, NOW, signPair(permitDigest(address(pair), stranger, 9, 0, NOW)));

        vm.assertEq(token.balanceOf(payee), 50e6, "payee's balance");
        vm.assertTrue(token.authorizationState(address(pair), bytes32("c")), "nonce");
        vm.assertEq(token.allowance(address(pair), stranger), 9, "allowance");
    }

    function test_HalfOfTheOwnersIsNotEnough() public inBothForms {
        Authorization memory a = from(address(pair));
        bytes memory one = sign(key(10), paymentDigest(Kind.Transfer, a));
        expectReason(INVALID);
        pay(Kind.Transfer, a, one);
    }

    function test_StrangersSignatureIsRefused() public inBothForms {
        Authorization memory a = from(address(wallet));
        bytes memory forged = sign(key(2), paymentDigest(Kind.Transfer, a));
        expectReason(INVALID);
        pay(Kind.Transfer, a, forged);

        bytes memory other = sign(key(2), permitDigest(address(wallet), stranger, 9, 0, NOW));
        expectReason("EIP2612: invalid signature");
        permit(address(wallet), stranger, 9, NOW, other);
    }

    function test_AnOwnersSignatureForHimselfDoesNotCountForHisWallet() public inBothForms {
        address owner = vm.addr(key(10));
        bytes memory forOwner = sign(key(10), paymentDigest(Kind.Transfer, from(owner)));
        expectReason(INVALID);
        pay(Kind.Transfer, from(address(wallet)), forOwner);
    }

    function test_ReplayIsRefused() public inBothForms {
        Authorization memory a = from(address(wallet));
        bytes memory signature = sign(key(10), paymentDigest(Kind.Transfer, a));
        pay(Kind.Transfer, a, signature);
        expectReason(USED);
        pay(Kind.Transfer, a, signature);
    }

    function test_SignatureCountsOnlyWhileTheWalletStandsByIt() public inBothForms {
        Authorization memory a = from(address(wallet));
        bytes memory signature = sign(key(10), paymentDigest(Kind.Transfer, a));
        address[] memory others = new address[](1);
        others[0] = stranger;
        wallet.setOwners(others);
        expectReason(INVALID);
        pay(Kind.Transfer, a, signature);

        wallet.setOwners(owners(1));
        pay(Kind.Transfer, a, signature);
        vm.assertEq(token.balanceOf(payee), a.value, "payee's balance");
    }

    function test_AccountWithCodeAnswersByItsCodeAlone() public inBothForms {
        Authorization memory a = authorization();
        bytes memory byKey = sign(payerKey, paymentDigest(Kind.Transfer, a));
        // As after an EIP-7702 delegation: the key still exists, and no longer decides.
        vm.etch(payer, address(new HostileWallet(HostileWallet.Answer.No)).code);
        expectReason(INVALID);
        pay(Kind.Transfer, a, byKey);
        assertUntouched(a);
    }

    /// @dev Each call gets a million gas, because some of these payers burn all that they are given: at most 63/64 of it,
    /// so that the caller still gets a reason and not an empty failure.
    function test_EveryHostileAnswerIsRefusedWithAReason() public {
        bytes memory empty = new bytes(65);
        for (uint256 i = 0; i <= uint256(type(HostileWallet.Answer).max); i++) {
            address hostile = address(new HostileWallet(HostileWallet.Answer(i)));
            token.mint(hostile, FUNDS);
            expectReason(INVALID);
            token.transferWithAuthorization{gas: 1_000_000}(hostile, payee, 1, 0, NOW + 1, 0, empty);
            expectReason(INVALID);
            vm.prank(payee);
            token.receiveWithAuthorization{gas: 1_000_000}(hostile, payee, 1, 0, NOW + 1, 0, empty);
            expectReason(INVALID);
            token.cancelAuthorization{gas: 1_000_000}(hostile, 0, empty);
            expectReason("EIP2612: invalid signature");
            token.permit{gas: 1_000_000}(hostile, stranger, 9, NOW, empty);

            vm.assertEq(token.balanceOf(hostile), FUNDS, "hostile payer's balance");
            vm.assertFalse(token.authorizationState(hostile, 0), "hostile payer's nonce");
            vm.assertEq(token.nonces(hostile), 0, "hostile payer's permit nonce");
        }
    }

    /// @dev The answer is read as one word, so a long one costs the caller nothing beyond the payer's own gas.
    function test_ReturnBombIsNotCopied() public {
        address hostile = address(new HostileWallet(HostileWallet.Answer.ReturnBomb));
        Authorization memory a = from(hostile);
        bytes memory signature = new bytes(65);
        uint256 before = gasleft();
        (bool paid,) = address(token)
            .call(
                abi.encodeWithSignature(
                    "transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,bytes)",
                    a.from,
                    a.to,
                    a.value,
                    a.validAfter,
                    a.validBefore,
                    a.nonce,
                    signature
                )
            );
        vm.assertFalse(paid, "payment");
        // Growing memory to 200,000 bytes costs some 95,000 gas, once, in the payer.
        vm.assertTrue(before - gasleft() < 150_000, "gas");
    }
}

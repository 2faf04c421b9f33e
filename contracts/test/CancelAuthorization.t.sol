// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC3009} from "../src/interfaces/IERC3009.sol";
import {Authorization, TokenTest} from "./support/TokenTest.sol";

contract CancelAuthorizationTest is TokenTest {
    bytes32 private constant NONCE = keccak256("nonce");

    function signed() private view returns (bytes memory) {
        return sign(payerKey, cancelDigest(payer, NONCE));
    }

    function test_SpendsTheNonceAndMovesNothing() public inBothForms {
        bytes memory signature = signed();
        vm.expectEmit(true, true, true, true, address(token));
        emit IERC3009.AuthorizationCanceled(payer, NONCE);
        cancel(payer, NONCE, signature);

        vm.assertTrue(token.authorizationState(payer, NONCE), "nonce");
        vm.assertEq(token.balanceOf(payer), FUNDS, "payer's balance");
    }

    function test_SecondCancellationIsRefused() public inBothForms {
        cancel(payer, NONCE, signed());
        bytes memory again = signed();
        expectReason(USED);
        cancel(payer, NONCE, again);
    }

    function test_CancellationAfterThePaymentIsRefused() public inBothForms {
        Authorization memory a = authorization();
        pay(Kind.Transfer, a, sign(payerKey, paymentDigest(Kind.Transfer, a)));

        bytes memory late = signed();
        expectReason(USED);
        cancel(payer, a.nonce, late);
        vm.assertEq(token.balanceOf(payee), a.value, "the payment stands");
    }

    function test_NonceIsCheckedBeforeSignature() public inBothForms {
        cancel(payer, NONCE, signed());
        expectReason(USED);
        cancel(payer, NONCE, new bytes(65));
    }

    function test_StrangersSignatureIsRefused() public inBothForms {
        bytes memory forged = sign(key(2), cancelDigest(payer, NONCE));
        expectReason(INVALID);
        cancel(payer, NONCE, forged);
        vm.assertFalse(token.authorizationState(payer, NONCE), "nonce");
    }

    function test_SignatureForAnotherNonceIsRefused() public inBothForms {
        bytes memory other = sign(payerKey, cancelDigest(payer, keccak256("other")));
        expectReason(INVALID);
        cancel(payer, NONCE, other);
    }

    function test_PaymentSignatureDoesNotCancel() public inBothForms {
        Authorization memory a = authorization();
        bytes memory payment = sign(payerKey, paymentDigest(Kind.Transfer, a));
        expectReason(INVALID);
        cancel(payer, a.nonce, payment);
    }

    function test_CancellationConcernsOneAuthorizerOnly() public inBothForms {
        cancel(payer, NONCE, signed());
        vm.assertFalse(token.authorizationState(payee, NONCE), "the payee's nonce of the same number");

        bytes memory signature = signed();
        expectReason(INVALID);
        cancel(payee, NONCE, signature);
    }

    function test_MalformedSignaturesAreRefused() public {
        form = Form.Packed;
        expectReason("ECRecover: invalid signature length");
        cancel(payer, NONCE, "");
        expectReason("ECRecover: invalid signature 'v' value");
        cancel(payer, NONCE, new bytes(65));
        expectReason("ECRecover: invalid signature 's' value");
        cancel(payer, NONCE, abi.encodePacked(bytes32(uint256(1)), type(uint256).max, uint8(27)));
        expectReason("ECRecover: invalid signature");
        cancel(payer, NONCE, abi.encodePacked(bytes32(0), bytes32(0), uint8(27)));
    }
}
